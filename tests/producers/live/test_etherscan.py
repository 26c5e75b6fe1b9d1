"""Etherscan against a server with its shapes: transfers are those of the chain source."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from typing import Any

import aiohttp
import pytest

from memewatch.clock import ManualClock
from memewatch.settings import Settings
from producers.live.base import (
    AccessRefusedError,
    Heard,
    LiveSource,
    Payload,
    RateLimitedError,
    Surroundings,
)
from producers.live.etherscan import Etherscan
from producers.live.evm import Evm
from producers.registry import TokenRegistry
from producers.source import CaughtUp, Rejected
from producers.watch_list import WatchList
from schemas.codec import decode_chain_event, encode
from schemas.events import Profile, Transfer
from schemas.watch import WatchEntry
from tests.producers.live.servers.etherscan import CHAIN, KEY, TOKEN, EtherscanServer
from tests.producers.live.servers.evm import EvmServer


@pytest.fixture
async def server() -> AsyncIterator[EtherscanServer]:
    async with EtherscanServer() as server:
        yield server


def source(server: EtherscanServer, *more: WatchEntry, **overrides: Any) -> Etherscan:
    """Its clock says the time of the server's newest block, and waits for nobody."""
    return Etherscan(
        Surroundings(
            settings=Settings(_env_file=None, **server.settings(**overrides)),
            clock=ManualClock(now_ms(server)),
            watch_list=WatchList([*server.entries, *more]),
            tokens=TokenRegistry(),
        )
    )


def now_ms(server: EtherscanServer) -> int:
    return max(time_s for _, time_s in server.blocks.values()) * 1000 + 1_000


async def one_pass(etherscan: Etherscan, resume: str | None = None) -> list[Heard]:
    return [heard async for heard in etherscan.catch_up(resume, etherscan.clock.now_ms())]


def told(etherscan: LiveSource, sounds: Iterable[Heard], kind: type = Transfer) -> list[Any]:
    events = [event for one in sounds if isinstance(one, Payload) for event in etherscan.parse(one)]
    assert not [event for event in events if isinstance(event, Rejected)]
    assert all(decode_chain_event(encode(event)) == event for event in events)  # type: ignore[arg-type]
    return [event for event in events if isinstance(event, kind)]


@pytest.mark.parametrize("hashes", [True, False])
async def test_transfers_are_those_of_the_chain_source_id_by_id(hashes: bool) -> None:
    async with (
        EvmServer(block_s=12, timestamp=1_700_000_000) as node,
        EtherscanServer(hashes=hashes) as server,
    ):
        chain = node.chain
        with chain.one_block():
            for person in chain.people[1:]:
                chain.transfer(node.token, person, 1_234_567_890_123)
        node.feed(3)
        chain.mine(4)
        blocks = {n: chain.block(n) for n in range(chain.head + 1)}
        server.take(
            node.node.rpc(
                "eth_getLogs",
                {"fromBlock": "0x0", "toBlock": "latest", "address": node.token.address},
            ),
            {n: ("0x" + block["hash"].hex(), block["timestamp"]) for n, block in blocks.items()},
        )
        etherscan = Etherscan(
            Surroundings(
                settings=Settings(_env_file=None, **server.settings()),
                clock=ManualClock(now_ms(server)),
                watch_list=WatchList(node.entries),
                tokens=TokenRegistry(),
            )
        )
        evm = Evm(
            Surroundings(
                settings=Settings(_env_file=None, **node.settings()),
                clock=ManualClock(now_ms(server)),
                watch_list=WatchList(node.entries),
                tokens=TokenRegistry(),
            )
        )
        until = now_ms(server)
        direct = [one async for one in evm.history(0, until, None)]
        mine = told(etherscan, await one_pass(etherscan))
        past = told(etherscan, [one async for one in etherscan.history(0, until, None)])
    theirs = told_by_chain(evm, direct)
    assert len(theirs) > 7
    assert [_without_source(event) for event in mine] == theirs
    assert past == mine


def told_by_chain(evm: Evm, sounds: Iterable[Heard]) -> list[Any]:
    events = [event for one in sounds if isinstance(one, Payload) for event in evm.parse(one)]
    return [_without_source(event) for event in events if isinstance(event, Transfer)]


def _without_source(event: Transfer) -> dict[str, Any]:
    """What both must say alike: all but who says it."""
    fields = json.loads(encode(event))
    return {name: value for name, value in fields.items() if name != "source"}


async def test_the_first_pass_brings_transfers_and_a_profile(server: EtherscanServer) -> None:
    server.feed(3)
    etherscan = source(server)
    sounds = await one_pass(etherscan)
    transfers = told(etherscan, sounds)
    assert [event.amount for event in transfers] == [
        "1",
        "1.000000000000000001",
        "1.000000000000000002",
    ]
    assert {event.confirmation for event in transfers} == {"confirmed"}
    assert {event.symbol for event in transfers} == {"MEME"}
    (profile,) = told(etherscan, sounds, Profile)
    assert (profile.creator, profile.creation_transaction) == ("0x" + "cc" * 20, "0x" + "dd" * 32)
    assert (profile.source_verified, profile.total_supply) == (True, "1000000000")
    assert profile.created_at == "2023-11-14T22:13:20.000Z"
    assert profile.holders == []


async def test_blocks_that_may_still_change_are_left_for_later(server: EtherscanServer) -> None:
    server.feed(2)
    etherscan = source(server, evm_confirmations=4)
    first = await one_pass(etherscan)
    assert told(etherscan, first) == []
    server._grow(1)
    second = await one_pass(etherscan, first[-1].cursor)
    assert [event.block_number for event in told(etherscan, second)] == [6]


async def test_the_next_pass_goes_on_in_another_process(server: EtherscanServer) -> None:
    server.feed(2)
    first = await one_pass(source(server))
    server.feed(2)
    etherscan = source(server)
    second = await one_pass(etherscan, first[-1].cursor)
    assert [event.block_number for event in told(etherscan, second)] == [10, 11]
    # The profile is not asked for again so soon.
    assert told(etherscan, second, Profile) == []
    etherscan.clock.advance(7 * 3_600)
    third = await one_pass(etherscan, second[-1].cursor)
    assert len(told(etherscan, third, Profile)) == 1


async def test_pages_are_cut_at_whole_blocks(server: EtherscanServer) -> None:
    server.feed(700, one_block=True)
    server.feed(700, one_block=True)
    server.feed(1_500, one_block=True)
    server.feed(3)
    etherscan = source(server)
    sounds = await one_pass(etherscan)
    ids = [event.id for event in told(etherscan, sounds)]
    assert len(ids) == len(set(ids)) == 2_903
    for place, sound in enumerate(sounds):
        before = [event.id for event in told(etherscan, sounds[: place + 1])]
        rest = await one_pass(source(server), sound.cursor)
        assert before + [event.id for event in told(etherscan, rest)] == ids


async def test_history_holds_exactly_the_time_asked_for(server: EtherscanServer) -> None:
    server.feed(6)
    times = [server.blocks[number][1] * 1000 for number in (7, 10)]
    etherscan = source(server)
    sounds = [one async for one in etherscan.history(times[0], times[1], None)]
    assert [event.block_number for event in told(etherscan, sounds)] == [7, 8, 9]
    assert told(etherscan, sounds, Profile) == []


async def test_holders_come_with_a_key_that_includes_them() -> None:
    async with EtherscanServer(pro=True) as server:
        etherscan = source(server)
        (profile,) = told(etherscan, await one_pass(etherscan), Profile)
    assert [(holder.address[:4], holder.amount) for holder in profile.holders] == [
        ("0xbb", "1000"),
        ("0xaa", "0.000000000000000005"),
    ]


async def test_a_key_without_holders_is_asked_once(server: EtherscanServer) -> None:
    etherscan = source(server, etherscan_profile_hours=0.001)
    cursor = None
    for _ in range(3):
        sounds = await one_pass(etherscan, cursor)
        assert len(told(etherscan, sounds, Profile)) == 1
        cursor = sounds[-1].cursor
        etherscan.clock.advance(60)
    assert server.asked.count("token/tokenholderlist") == 1


async def test_a_chain_the_plan_leaves_out_does_not_hold_up_the_others(
    server: EtherscanServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.feed(1)
    other = WatchEntry(kind="token", chain="base", value="0x" + "71" * 20)
    etherscan = source(server, other)
    assert len(told(etherscan, await one_pass(etherscan))) == 1
    assert "base is left out" in caplog.text


async def test_an_unverified_contract_is_told_as_such(server: EtherscanServer) -> None:
    server.source_code = ""
    etherscan = source(server)
    (profile,) = told(etherscan, await one_pass(etherscan), Profile)
    assert profile.source_verified is False


@pytest.mark.parametrize(
    ("answer", "error", "wait_s"),
    [
        ("Max calls per sec rate limit reached (3/sec)", RateLimitedError, 2.0),
        ("Max rate limit reached", RateLimitedError, 2.0),
        ("Max daily rate limit reached. 110000 (100%) of 100000 day/limit", RateLimitedError, 3600),
        ("Invalid API Key (#err2)|ABC-", AccessRefusedError, None),
        ("Missing/Invalid API Key", AccessRefusedError, None),
    ],
)
async def test_refusals_in_ordinary_answers_are_told_apart(
    server: EtherscanServer, answer: str, error: type[Exception], wait_s: float | None
) -> None:
    server.refusals.append(answer)
    with pytest.raises(error) as failure:
        await one_pass(source(server))
    if wait_s is not None:
        assert failure.value.retry_after_s == wait_s  # type: ignore[attr-defined]
    else:
        assert "MEMEWATCH_ETHERSCAN_API_KEY" in str(failure.value)


async def test_the_key_is_never_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    async with EtherscanServer() as server:
        server.refusals.append(f"Invalid API Key {KEY}")
        with pytest.raises(AccessRefusedError) as refused:
            await one_pass(source(server))
        sounds = await one_pass(source(server))
    with pytest.raises(aiohttp.ClientError) as lost:
        await one_pass(source(server))
    bodies = b"".join(sound.body for sound in sounds if isinstance(sound, Payload))
    assert KEY not in f"{refused.value!r} {lost.value!r} {caplog.text} {bodies!r}"


async def test_questions_keep_the_pace_of_a_free_key(server: EtherscanServer) -> None:
    etherscan = source(server, etherscan_calls_per_s=3.0)
    before = etherscan.clock.now_ms()
    await one_pass(etherscan)
    assert etherscan.clock.now_ms() - before >= 334 * (len(server.asked) - 1)


async def test_it_goes_on_for_ever_and_says_that_it_is_alive(server: EtherscanServer) -> None:
    etherscan = source(server, etherscan_poll_s=120.0)
    caught_up = alive = 0
    async for heard in etherscan.follow(None):
        caught_up += isinstance(heard, CaughtUp)
        alive += not isinstance(heard, Payload)
        if caught_up == 2:
            break
        server.feed(1)
    assert alive >= 120 / Etherscan.lateness_s


async def test_without_a_key_it_is_off_and_says_which() -> None:
    assert "MEMEWATCH_ETHERSCAN_API_KEY" in str(Etherscan.off(Settings(_env_file=None)))
    assert Etherscan.off(Settings(_env_file=None, etherscan_api_key=KEY)) is None


def test_what_is_no_payload_of_ours_is_rejected(server: EtherscanServer) -> None:
    coin = {
        "chain": CHAIN,
        "address": TOKEN,
        "token": "t",
        "symbol": "T",
        "decimals": 0,
    }
    bad_log = json.dumps({"coin": coin, "hashes": {}, "logs": [{"address": "0x"}]}).encode()
    bad_profile = json.dumps(
        {"coin": coin, "asked_ms": 1, "code": 5, "creation": [], "supply": 0, "holders": [{}]}
    ).encode()
    etherscan = source(server)
    for kind, body in [
        ("transfers", b""),
        ("transfers", b"[]"),
        ("transfers", bad_log),
        ("profile", b"{}"),
        ("profile", bad_profile),
        ("other", b"{}"),
    ]:
        payload = Payload(body=body, cursor="", kind=kind, received_ms=0)
        assert [type(item) for item in etherscan.parse(payload)] == [Rejected]
