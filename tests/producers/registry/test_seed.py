"""The tokens known from the start, and the watch list's on top."""

from __future__ import annotations

from eth_utils import is_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from producers.registry import TokenRegistry, registry_of, tokens_of
from producers.registry.addresses import is_solana_address
from producers.registry.seed import seed
from schemas.watch import WatchEntry

PEPE = "0x6982508145454Ce325dDbE47a25d4ec3d2311933"
_text = st.text(st.characters(), min_size=1, max_size=256)
_entries = st.lists(
    st.builds(
        WatchEntry,
        kind=st.sampled_from(["token", "account"]),
        value=_text | st.sampled_from([PEPE, "pepe", "$РЕРЕ"]),
        chain=st.none() | st.sampled_from(["ethereum", "base"]),
        symbol=st.none() | _text,
        decimals=st.none() | st.integers(0, 255),
    ),
    max_size=5,
)


def test_every_address_is_one():
    assert len(seed()) >= 25
    for token in seed():
        if token.address is None:
            assert token.token == token.symbol
        elif token.chain == "solana":
            assert is_solana_address(token.address)
        else:
            assert is_checksum_address(token.address), token


def test_a_ticker_means_one_token_of_the_seed():
    registry = TokenRegistry(seed())
    for token in seed():
        assert registry.by_symbol(token.symbol) == [token]
        assert token.symbol == token.symbol.upper()
        assert 0 <= (token.decimals or 0) <= 18


@given(_entries)
def test_any_watch_list_makes_a_registry(entries):
    registry = registry_of(entries)
    assert registry.tokens[: len(seed())] != ()
    assert [token.token for token in registry.tokens[: len(seed())]] == [t.token for t in seed()]
    assert all(1 <= len(token.symbol) <= 256 for token in registry.tokens)


def test_a_watched_address_is_a_token():
    entry = WatchEntry(
        kind="token",
        value="0x" + "Ab" * 20,
        chain="base",
        symbol="new",
        name="New Thing",
        decimals=9,
    )
    (found,) = registry_of([entry]).by_symbol("NEW")
    assert (found.token, found.name, found.decimals) == ("base:0x" + "ab" * 20, "New Thing", 9)
    assert found.address == "0x" + "Ab" * 20


def test_a_watched_ticker_of_the_seed_is_the_token_of_the_seed():
    registry = registry_of([WatchEntry(kind="token", value="$pepe", name="The Frog")])
    (found,) = registry.by_symbol("PEPE")
    assert (found.token, found.address, found.name) == (
        f"ethereum:{PEPE.lower()}",
        PEPE,
        "The Frog",
    )
    assert registry.of_asset("pepe") == found


def test_an_entry_keeps_what_it_leaves_out():
    entry = WatchEntry(kind="token", value=PEPE.lower(), chain="ethereum")
    assert tokens_of([entry]) == list(seed())


def test_an_unknown_ticker_is_its_own_token():
    (found,) = registry_of([WatchEntry(kind="token", value="oax")]).by_symbol("OAX")
    assert (found.token, found.chain) == ("OAX", None)


def test_other_entries_are_no_tokens():
    assert tokens_of([WatchEntry(kind="keyword", value="moon")]) == list(seed())
