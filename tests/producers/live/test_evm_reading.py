"""Numbers, names and cursors of the chain source, without a chain."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from web3 import Web3

from producers.live.evm import abi
from producers.live.evm.bodies import Coin, Logs, Pool, Subject
from producers.live.evm.decoding import log_id, read_logs
from producers.live.evm.window import Base, Block, Window
from producers.source import Rejected
from schemas.codec import EVENT_DECODERS, encode, topic_of

_AMOUNTS = st.integers(0, 2**256 - 1)
_DECIMALS = st.integers(0, 255)
TOKEN, QUOTE, POOL = ("0x" + digit * 40 for digit in "abc")
BLOCK, TRANSACTION = "0x" + "1" * 64, "0x" + "2" * 64


@pytest.mark.parametrize(
    ("topic", "signature"),
    [
        (abi.TRANSFER, "Transfer(address,address,uint256)"),
        (abi.PAIR_CREATED, "PairCreated(address,address,address,uint256)"),
        (abi.POOL_CREATED, "PoolCreated(address,address,uint24,int24,address)"),
        (abi.SWAP_V2, "Swap(address,uint256,uint256,uint256,uint256,address)"),
        (abi.MINT_V2, "Mint(address,uint256,uint256)"),
        (abi.BURN_V2, "Burn(address,uint256,uint256,address)"),
        (abi.SYNC_V2, "Sync(uint112,uint112)"),
        (abi.SWAP_V3, "Swap(address,address,int256,int256,uint160,uint128,int24)"),
        (
            abi.SWAP_V3_FEES,
            "Swap(address,address,int256,int256,uint160,uint128,int24,uint128,uint128)",
        ),
        (abi.MINT_V3, "Mint(address,address,int24,int24,uint128,uint256,uint256)"),
        (abi.BURN_V3, "Burn(address,int24,int24,uint128,uint256,uint256)"),
        (abi.DECIMALS, "decimals()"),
        (abi.SYMBOL, "symbol()"),
        (abi.TOKEN0, "token0()"),
        (abi.TOKEN1, "token1()"),
        (abi.FACTORY, "factory()"),
        (abi.TOTAL_SUPPLY, "totalSupply()"),
        (abi.GET_RESERVES, "getReserves()"),
        (abi.GET_PAIR, "getPair(address,address)"),
        (abi.GET_POOL, "getPool(address,address,uint24)"),
    ],
)
def test_topics_and_calls_are_the_hashes_of_their_signatures(topic: str, signature: str) -> None:
    assert Web3.keccak(text=signature).hex().startswith(topic.removeprefix("0x"))


@given(_AMOUNTS, _DECIMALS)
def test_amounts_keep_every_digit(amount: int, decimals: int) -> None:
    text = abi.whole(amount, decimals)
    sign, digits, exponent = Decimal(text).as_tuple()
    assert isinstance(exponent, int)
    assert sign == 0
    scaled = int("".join(map(str, digits))) * 10 ** (exponent + decimals + 256)
    assert scaled == amount * 10**256
    assert len(text) <= 100


@given(st.integers(1, 2**112), st.integers(0, 36), st.integers(1, 2**112), st.integers(0, 36))
def test_prices_are_exact_to_thirty_digits(
    quote: int, quote_decimals: int, token: int, decimals: int
) -> None:
    text = abi.price(quote, quote_decimals, token, decimals)
    off = abs(Decimal(text) * token * 10**quote_decimals - quote * Decimal(10) ** decimals)
    assert off <= quote * Decimal(10) ** decimals * Decimal("1e-26")
    assert len(text) <= 100


@given(st.integers(-(2**255), 2**255 - 1))
def test_signed_words_are_read_as_they_were_written(number: int) -> None:
    assert abi.signed(abi.words(f"0x{number % 2**256:064x}")[0]) == number


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (f"0x{32:064x}{4:064x}{b'MEME'.hex():0<64}", "MEME"),
        (f"0x{b'MKR'.hex():0<64}", "MKR"),
        (f"0x{32:064x}{6:064x}{' A‮B '.encode().hex():0<64}", "AB"),
        (f"0x{32:064x}{2**200:064x}{b'LONG'.hex():0<64}", "LONG"),
        (f"0x{32:064x}{0:064x}", None),
        ("0x" + "00" * 32, None),
        ("0x", None),
        ("0x1234", None),
    ],
)
def test_symbols_are_read_in_both_forms(answer: str, text: str | None) -> None:
    assert abi.text(answer) == text


@pytest.mark.parametrize(
    ("answer", "registered", "decimals"),
    [
        (f"0x{18:064x}", 6, 18),
        ("0x", 6, 6),
        (None, 6, 6),
        (None, None, 0),
        (f"0x{2**255:064x}", 9, 9),
        (f"0x{0:064x}", 9, 0),
    ],
)
def test_the_contract_knows_its_decimals_best(
    answer: str | None, registered: int | None, decimals: int
) -> None:
    assert abi.decimals(answer, registered) == decimals


@st.composite
def _windows(draw: st.DrawFn) -> Window:
    blocks = []
    for number in range(draw(st.integers(0, 6))):
        block_hash, time_s = f"0x{number:064x}", 1_700_000_000 + number
        events = []
        for index in range(draw(st.integers(0, 5))):
            token = draw(st.sampled_from(["ethereum:0xaa", "PEPE", "a:b:c"]))
            transaction = f"0x{draw(st.integers(0, 2)):064x}"
            identity = log_id("ethereum", block_hash, transaction, index)
            if draw(st.booleans()):
                identity = f"{identity}:{token}"
            topic = draw(st.sampled_from(["ticks", "transfers"]))
            events.append(Subject(identity, topic, token, token.upper(), time_s * 1000))  # type: ignore[arg-type]
        blocks.append(Block(number, block_hash, time_s, events))
    return Window("ethereum", Base(0, "0x" + "f" * 64), blocks)


@given(_windows())
def test_a_cursor_names_every_pending_event(window: Window) -> None:
    read, pools = Window.read("ethereum", window.cursor(["0xpool"]))
    assert pools == ["0xpool"]
    assert read.base == window.base
    assert list(read.blocks) == list(window.blocks)


def test_a_cursor_stays_small_and_names_the_newest_blocks_first() -> None:
    blocks = [
        Block(
            number,
            f"0x{number:064x}",
            1_700_000_000,
            [
                Subject(
                    log_id("ethereum", f"0x{number:064x}", f"0x{index:064x}", index),
                    "ticks",
                    "PEPE",
                    "PEPE",
                    1_700_000_000_000,
                )
                for index in range(300)
            ],
        )
        for number in range(12)
    ]
    cursor = Window("ethereum", Base(0, "0x"), blocks).cursor([])
    assert len(cursor) < 200_000
    read, _ = Window.read("ethereum", cursor)
    assert [block.events is None for block in read.blocks] == [True] * 9 + [False] * 3


def test_a_swap_for_nothing_has_no_price() -> None:
    (item,) = read_logs(_swap(0, 10**18, 0, 10**18))
    assert isinstance(item, Rejected)
    assert "no price" in item.reason


def test_a_log_that_is_not_what_it_says_is_rejected_alone() -> None:
    body = msgspec.json.decode(_swap(10**18, 0, 0, 5))
    bad = dict(body["logs"][0], data="0x1234", logIndex="0x9")
    unreadable = {"address": "nobody"}
    body["logs"] = [bad, unreadable, *body["logs"]]
    items = list(read_logs(msgspec.json.encode(body)))
    assert [type(item).__name__ for item in items] == ["Rejected", "Rejected", "Tick", "Tick"]


@given(_AMOUNTS, _AMOUNTS, _AMOUNTS, _AMOUNTS, _DECIMALS)
def test_whatever_a_pool_claims_becomes_a_valid_event_or_is_rejected(
    in0: int, in1: int, out0: int, out1: int, decimals: int
) -> None:
    for item in read_logs(_swap(in0, in1, out0, out1, decimals)):
        if not isinstance(item, Rejected):
            assert EVENT_DECODERS[topic_of(item)](encode(item)) == item


def _swap(in0: int, in1: int, out0: int, out1: int, decimals: int = 18) -> bytes:
    log = {
        "address": POOL,
        "topics": [abi.SWAP_V2, "0x" + "0" * 64, "0x" + "0" * 64],
        "data": "0x" + "".join(f"{word:064x}" for word in (in0, in1, out0, out1)),
        "blockNumber": "0x10",
        "blockHash": BLOCK,
        "transactionHash": TRANSACTION,
        "logIndex": "0x0",
    }
    return msgspec.json.encode(
        Logs(
            chain="ethereum",
            confirmation="pending",
            watched=[],
            coins={TOKEN: Coin("t", "T", decimals), QUOTE: Coin("q", "Q", 18)},
            pools={
                POOL: Pool(
                    version=2, venue="uniswap-v2", tokens=(TOKEN, QUOTE), base=0, sides=(0, 1)
                )
            },
            times={BLOCK: 1_700_000_000},
            senders={},
            shares={},
            logs=[msgspec.Raw(msgspec.json.encode(log))],
        )
    )
