"""From a text to the tokens it means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.registry import Mention, RegisteredToken, TokenRegistry, resolve, token_id
from producers.registry.naming import naming_of
from producers.registry.resolution import MOST_MENTIONS, mentions_of
from tests.producers.cleaning.texts import any_text

PEPE = "0x6982508145454Ce325dDbE47a25d4ec3d2311933"
WIF = "EKpQGSJtjMFqKZ9KQanSqYXRcF8fBopzLHYxdM65zcjm"
OTHER = "0x" + "ab" * 20
OTHER_SOLANA = "7GCihgDB8fe6KNjn2MYtkzZcRjQy3t9GHdC8uHYmW2hr"


def token(symbol, name=None, chain=None, address=None):
    identity = token_id(chain, address) if chain else symbol
    return RegisteredToken(token=identity, symbol=symbol, name=name, chain=chain, address=address)


REGISTRY = TokenRegistry(
    [
        token("PEPE", "Pepe", "ethereum", PEPE),
        token("WIF", "dogwifhat", "solana", WIF),
        token("TURBO", "Turbo", "ethereum", "0x" + "11" * 20),
        token("BABYDOGE", "Baby Doge Coin", "bsc", "0x" + "22" * 20),
        token("DOGE", "Dogecoin"),
        token("TWIN", "Gemini Alpha", "ethereum", "0x" + "33" * 20),
        token("TWIN", "Gemini Omega", "bsc", "0x" + "44" * 20),
        *(token("MANY", None, f"chain{n}", "0x" + f"5{n}" * 20) for n in range(6)),
    ]
)
PEPE_TOKEN = f"ethereum:{PEPE.lower()}"


def meant(text, **known):
    return [(m.token, m.symbol, round(m.confidence, 3)) for m in resolve(REGISTRY, text, **known)]


@given(any_text, st.lists(st.text(st.characters()), max_size=3))
def test_any_text_gives_few_sure_mentions_in_a_fixed_order(text, said):
    mentions = resolve(REGISTRY, text, cashtags=said, contracts=said)
    assert len(mentions) <= MOST_MENTIONS
    assert len({mention.token for mention in mentions}) == len(mentions)
    assert all(0 < mention.confidence <= 1 for mention in mentions)
    assert mentions == sorted(mentions, key=lambda m: (-m.confidence, m.token))
    assert mentions == resolve(REGISTRY, text, cashtags=said, contracts=said)


@pytest.mark.parametrize(
    "text",
    [
        "$PEPE",
        "$pepe!",
        "$РЕРЕ",
        "$P\u200bE\u202ePE",
        "＄ＰＥＰＥ",
        "$𝐏𝐄𝐏𝐄",
        "pepe $PEPE #pepe",
        "https://t.co/x🚀$PEPE",
    ],
)
def test_a_ticker_of_one_token_is_that_token(text):
    assert meant(text) == [(PEPE_TOKEN, "PEPE", 0.9)]


@pytest.mark.parametrize(
    "text",
    [
        PEPE,
        f"CA: {PEPE.lower()} $PEPE",
        f"https://etherscan.io/token/{PEPE}",
        f"https://dexscreener.com/ethereum/{PEPE}?x=1",
        f"pepe {PEPE} on bsc",
    ],
)
def test_an_address_and_its_ticker_are_one_sure_mention(text):
    assert meant(text) == [(PEPE_TOKEN, "PEPE", 1.0)]


@pytest.mark.parametrize("text", ["Pepe is great", "I like PEPE", "#pepe", "dogs and pepe, gm"])
def test_a_name_is_less_sure(text):
    assert meant(text) == [(PEPE_TOKEN, "PEPE", 0.6)]


@pytest.mark.parametrize(
    "text",
    ["pepes", "peppe", "turbo engine", "wif", "many twin towers", "@pepe a.pepe@b.pepe", "$5"],
)
def test_parts_of_words_and_common_words_mean_nothing(text):
    assert meant(text) == []


def test_a_common_word_means_its_token_when_somebody_says_so():
    assert [m[1:] for m in meant("#turbo engine")] == [("TURBO", 0.3)]
    assert [m[1:] for m in meant("turbo coin is up")] == [("TURBO", 0.6)]
    assert [m[1:] for m in meant("$turbo")] == [("TURBO", 0.9)]


def test_the_longest_name_wins():
    assert [m[1] for m in meant("baby doge coin")] == ["BABYDOGE"]
    assert [m[1] for m in meant("#BabyDogeCoin")] == ["BABYDOGE"]
    assert [m[1] for m in meant("the baby and dogecoin")] == ["DOGE"]


def test_an_unknown_ticker_is_its_own_token():
    assert meant("$NEW now") == [("NEW", "NEW", 0.5)]
    assert meant("gm", cashtags=["$new"]) == [("NEW", "NEW", 0.5)]
    assert meant("$USDT $usd $A $5x $4CHAN") == []


def test_a_ticker_of_several_is_shared():
    shared = resolve(REGISTRY, "$TWIN")
    assert [mention.confidence for mention in shared] == [0.45, 0.45]
    first, second = (
        resolve(REGISTRY, "$TWIN on BSC"),
        resolve(REGISTRY, "$TWIN", contracts=["0x" + "44" * 20]),
    )
    assert [(m.token[:3], round(m.confidence, 2)) for m in first] == [("bsc", 0.72)]
    assert second == [Mention("bsc:0x" + "44" * 20, "TWIN", 1.0)]


def test_a_ticker_of_too_many_is_only_a_ticker():
    assert meant("$MANY") == [("MANY", "MANY", 0.5)]
    assert meant("$MANY chain1")[0] == ("MANY", "MANY", 0.5)


@given(
    st.lists(st.sampled_from(["ethereum", "bsc", "base", "solana"]), max_size=4), st.integers(1, 9)
)
def test_the_shares_of_one_ticker_are_at_most_one(named, count):
    chains = ["ethereum", "bsc", "base", "solana", "polygon", "arbitrum", "a", "b", "c"]
    registry = TokenRegistry(token("X1", None, chain, "0x" + "1" * 40) for chain in chains[:count])
    mentions = resolve(registry, "$X1 " + " ".join(named))
    assert 0 < sum(mention.confidence for mention in mentions) <= 0.9 + 1e-9
    assert all(mention.confidence >= 0.2 for mention in mentions)


@pytest.mark.parametrize(
    ("text", "chain", "confidence"),
    [
        (OTHER, "ethereum", 0.5),
        (f"{OTHER} on base", "base", 1.0),
        (f"{OTHER} #BSC", "bsc", 1.0),
        (f"BEP-20 {OTHER}", "bsc", 1.0),
        (f"chain: BNB\n{OTHER}", "bsc", 1.0),
        (f"https://arbiscan.io/token/{OTHER}", "arbitrum", 1.0),
        (f"https://dexscreener.com/base/abc {OTHER}", "base", 1.0),
        (f"based on what? {OTHER}", "ethereum", 0.5),
        (f"{OTHER} solana polygon", "polygon", 1.0),
        (f"{OTHER} on base and polygon", "base", 0.5),
    ],
)
def test_an_unknown_address_is_on_the_chain_the_text_names(text, chain, confidence):
    assert meant(text) == [(f"{chain}:{OTHER}", f"{chain}:{OTHER}".upper(), confidence)]


def test_an_unknown_solana_address_needs_no_chain():
    token = f"solana:{OTHER_SOLANA}"
    assert meant(f"{OTHER_SOLANA} on base") == [(token, token.upper(), 1.0)]
    assert meant(f"https://pump.fun/{OTHER_SOLANA}") == [(token, token.upper(), 1.0)]
    assert meant(f"https://solscan.io/account/{OTHER_SOLANA}") == []


def test_one_unknown_ticker_beside_one_unknown_address_is_its_symbol():
    assert meant(f"$GEM {OTHER} on base") == [(f"base:{OTHER}", "GEM", 1.0)]
    assert meant(f"pay in $SOL for $GEM {OTHER} on base") == [
        (f"base:{OTHER}", "GEM", 1.0),
        ("SOL", "SOL", 0.5),
    ]
    assert len(meant(f"$GEM $ROCK {OTHER}")) == 3
    assert meant(f"$ETH {OTHER}")[0][1] == "ETH"


def test_the_surer_of_two_ways_counts():
    assert [m[1:] for m in meant("#turbo, the turbo coin")] == [("TURBO", 0.6)]
    assert [m[1:] for m in meant("#turbo $turbo")] == [("TURBO", 0.9)]


@pytest.mark.parametrize(
    "text", ["$TWIN is Gemini Omega", "gemini omega #twin $TWIN", "#twin Gemini Omega $TWIN"]
)
def test_a_name_tells_tokens_of_one_ticker_apart(text):
    assert meant(text) == [("bsc:0x" + "44" * 20, "TWIN", 0.9)]


def test_a_list_keeps_eight_that_count_less():
    text = " ".join(f"$COIN{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    mentions = resolve(REGISTRY, text + " $PEPE")
    assert len(mentions) == 8
    assert mentions[0].symbol == "PEPE"
    assert mentions[0].confidence == pytest.approx(0.9 * 8 / 27)
    assert [m.symbol for m in mentions[1:]] == [f"COIN{letter}" for letter in "ABCDEFG"]


def test_what_a_feed_says_counts_as_what_is_read():
    naming = naming_of(
        "gm", cashtags=["PEPE"], contracts=[WIF], urls=[f"https://pump.fun/{OTHER_SOLANA}"]
    )
    assert [m.symbol for m in mentions_of(REGISTRY, naming)] == [
        "SOLANA:" + OTHER_SOLANA.upper(),
        "WIF",
        "PEPE",
    ]
