"""Every entry of the watch list has one spelling, and nonsense is refused with a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.watch import WATCH_KINDS, InvalidWatchEntryError, WatchEntry, normal_entry

PEPE = "0x6982508145454Ce325dDbE47a25d4ec3d2311933"
BONK = "DezXAZ8z7PnrnRJjz3wXBoRgixCa6xjnB7YaB1pPB263"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            WatchEntry(kind="token", value=f" {PEPE} ", chain="Ethereum", symbol="$pepe"),
            WatchEntry(kind="token", value=PEPE.lower(), chain="ethereum", symbol="PEPE"),
        ),
        (WatchEntry(kind="token", value="$pepe"), WatchEntry(kind="token", value="PEPE")),
        (
            WatchEntry(kind="token", value=PEPE, chain="ETH"),
            WatchEntry(kind="token", value=PEPE.lower(), chain="ethereum"),
        ),
        (
            WatchEntry(kind="account", value="elonmusk", source="X"),
            WatchEntry(kind="account", value="elonmusk", source="twitter"),
        ),
        (WatchEntry(kind="token", value="0xBTC"), WatchEntry(kind="token", value="0XBTC")),
        (
            WatchEntry(kind="token", value=BONK, chain="solana"),
            WatchEntry(kind="token", value=BONK, chain="solana"),
        ),
        (
            WatchEntry(kind="account", value="@elonmusk", source="Twitter"),
            WatchEntry(kind="account", value="elonmusk", source="twitter"),
        ),
        (
            WatchEntry(kind="account", value="/r/CryptoMoonShots", source="reddit"),
            WatchEntry(kind="account", value="r/CryptoMoonShots", source="reddit"),
        ),
        (
            WatchEntry(kind="keyword", value="dog  with   hat"),
            WatchEntry(kind="keyword", value="dog with hat"),
        ),
        (
            WatchEntry(kind="pool", value=PEPE.upper().replace("X", "x"), chain="base", token=PEPE),
            WatchEntry(kind="pool", value=PEPE.lower(), chain="base", token=f"base:{PEPE.lower()}"),
        ),
    ],
)
def test_an_entry_has_one_spelling(given: WatchEntry, expected: WatchEntry) -> None:
    assert normal_entry(given) == expected


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (WatchEntry(kind="token", value=PEPE), "chain: name the chain"),
        (WatchEntry(kind="token", value=PEPE[:-1]), "chain: name the chain"),
        (WatchEntry(kind="token", value=BONK), "chain: name the chain"),
        (WatchEntry(kind="token", value=PEPE[:-1], chain="ethereum"), "no address on ethereum"),
        (WatchEntry(kind="token", value="PEPE", chain="ethereum"), "no address on ethereum"),
        (WatchEntry(kind="token", value="two words"), "a ticker has"),
        (WatchEntry(kind="token", value="$"), "a ticker has"),
        (WatchEntry(kind="token", value="A0" * 17), "a ticker has"),
        (WatchEntry(kind="token", value="A", symbol="b c"), "symbol: a ticker has"),
        (WatchEntry(kind="token", value="A", decimals=256), "decimals"),
        (WatchEntry(kind="token", value="A", token="B"), "token: has no meaning for a token"),
        (WatchEntry(kind="account", value="elonmusk"), "source: an account needs the source"),
        (WatchEntry(kind="account", value="@", source="twitter"), "a name without blanks"),
        (WatchEntry(kind="account", value="a", source="twitter", chain="base"), "not both"),
        (WatchEntry(kind="account", value="a b", source="twitter"), "a name without blanks"),
        (WatchEntry(kind="account", value="a", source="x y"), "no name of a source"),
        (WatchEntry(kind="account", value="a", source="twitter", symbol="A"), "symbol: has no"),
        (WatchEntry(kind="keyword", value="a", chain="base"), "chain: has no meaning"),
        (WatchEntry(kind="keyword", value="a\x00b"), "value: must be one line"),
        (WatchEntry(kind="keyword", value="a\u200bb"), "value: must be one line"),
        (WatchEntry(kind="keyword", value="  "), "value: must not be empty"),
        (WatchEntry(kind="pool", value=PEPE), "chain: a pool needs"),
        (WatchEntry(kind="pool", value="0x12", chain="base"), "no address on base"),
        (WatchEntry(kind="pool", value=PEPE, source="evm"), "source: has no meaning"),
    ],
)
def test_nonsense_is_refused_with_the_part_it_is_about(given: WatchEntry, reason: str) -> None:
    with pytest.raises(InvalidWatchEntryError, match=reason):
        normal_entry(given)


_values = st.one_of(
    st.text(max_size=40),
    st.sampled_from([PEPE, PEPE.upper(), BONK, "$pepe", "@me", " ß ", "/r/a", "ﬃ" * 8]),
)
_optional = st.none() | _values


@given(
    st.builds(
        WatchEntry,
        kind=st.sampled_from(WATCH_KINDS),
        value=_values,
        source=st.none() | st.sampled_from(["Twitter", "reddit ", "?"]),
        chain=st.none() | st.sampled_from(["Base", "solana", ""]),
        token=_optional,
        symbol=_optional,
        name=_optional,
        decimals=st.none() | st.integers(-1, 300),
    )
)
def test_what_is_spelled_so_is_left_as_it_is_and_all_else_is_refused(entry: WatchEntry) -> None:
    try:
        once = normal_entry(entry)
    except InvalidWatchEntryError:
        return
    assert normal_entry(once) == once
    assert once.kind == entry.kind
    assert "\x1f" not in "".join(once.identity)
