"""The chain source on a real node: what people do there is told exactly, and taken back."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator, Iterable
from decimal import Decimal, localcontext
from typing import Any

import msgspec
import pytest
from web3.logs import DISCARD

from memewatch.clock import SystemClock
from memewatch.settings import Settings
from producers.live.base import AccessRefusedError, Heard, Payload, RateLimitedError, Surroundings
from producers.live.evm import Evm
from producers.live.evm.node import NodeError
from producers.registry import TokenRegistry
from producers.watch_list import WatchList
from schemas.codec import (
    decode_chain_event,
    decode_tick_event,
    encode,
    event_time_ms,
    topic_of,
)
from schemas.events import Event, Finality, Liquidity, Tick, Transfer
from schemas.watch import WatchEntry
from tests.evm.chain import DEAD, ETHER
from tests.producers.live.listening import Listening, all_of
from tests.producers.live.servers.evm import CHAIN, EvmServer

START_S = 1_700_000_000
ZERO = "0x" + "0" * 40
#: Of the server's settings: so deep a block is final.
_DEPTH = 3


@pytest.fixture(params=["websocket", "http"])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[EvmServer]:
    websocket = request.param == "websocket"
    async with EvmServer(websocket=websocket, block_s=12, timestamp=START_S) as server:
        yield server


@pytest.fixture
async def pushing() -> AsyncIterator[EvmServer]:
    """Where it makes no difference how the node is reached."""
    async with EvmServer(block_s=12, timestamp=START_S) as server:
        yield server


def source(server: EvmServer, *more: WatchEntry, **overrides: Any) -> Evm:
    return Evm(
        Surroundings(
            settings=Settings(_env_file=None, **server.settings(**overrides)),
            clock=SystemClock(),
            watch_list=WatchList([*server.entries, *more]),
            tokens=TokenRegistry(),
        )
    )


def of(kind: type, events: Iterable[Event]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def decisions(events: Iterable[Event], status: str) -> list[str]:
    return [event.of for event in of(Finality, events) if event.status == status]


def final(events: Iterable[Any]) -> set[str]:
    """What was told as final at once, or is said to be by now."""
    at_once = (event.id for event in happened(events) if event.confirmation == "confirmed")
    return {*at_once, *decisions(events, "confirmed")}


def happened(events: Iterable[Event]) -> list[Any]:
    """What happened, without what became of it."""
    return [event for event in events if not isinstance(event, Finality)]


def told_by(evm: Evm, sounds: Iterable[Heard]) -> list[Any]:
    return [event for one in sounds if isinstance(one, Payload) for event in evm.parse(one)]


def wei(amount: str | None) -> int:
    assert amount is not None
    exact = Decimal(amount) * ETHER
    assert exact == int(exact)
    return int(exact)


async def seen(listening: Listening, server: EvmServer) -> None:
    """Wait until everything on the chain was read."""

    def is_so() -> bool:
        cursor = json.loads(listening.cursor or "{}").get(CHAIN)
        if not cursor:
            return False
        number, block = (cursor.get("pending") or [cursor["base"]])[-1][:2]
        # What has become final by that block is decided on last.
        whole = number - cursor["base"][0] <= _DEPTH
        return whole and number == head["number"] and block == "0x" + head["hash"].hex()

    head = server.chain.block()
    await listening.until(is_so)


async def test_transfers_trades_and_liquidity_are_told_to_the_wei(server: EvmServer) -> None:
    chain, token, pool = server.chain, server.token, server.pool
    async with Listening(source(server)) as listening:
        await listening.caught_up()
        await seen(listening, server)
        listening.events.clear()
        buyer, seller = chain.people[1].lower(), chain.people[2].lower()
        chain.transfer(token, chain.people[2], 1_234_567_890_123_456_789)
        bought = chain.receipt(chain.buy(pool, 3 * ETHER, chain.people[1]))
        sold = chain.receipt(chain.sell(pool, token, ETHER, chain.people[2]))
        fed = chain.receipt(chain.add_liquidity(pool, token, 5 * ETHER, 2 * ETHER))
        burned = chain.transfer(pool, DEAD, 7)
        drained = chain.receipt(chain.remove_liquidity(pool))
        await seen(listening, server)
    events = listening.events
    assert listening.rejected == []
    assert all(_read_again(event) == event for event in events)
    assert {event.confirmation for event in happened(events)} == {"pending"}

    transfer = of(Transfer, events)[0]
    identity = f"{CHAIN}:{token.address.lower()}"
    assert (transfer.token, transfer.symbol, transfer.contract) == (
        identity,
        "MEME",
        token.address.lower(),
    )
    assert (transfer.from_address, transfer.to_address) == (chain.deployer.lower(), seller)
    assert transfer.amount == "1.234567890123456789"

    buy, sell = of(Tick, events)
    logs = pool.events.Swap().process_receipt(bought, errors=DISCARD)
    amounts = logs[0]["args"]
    tokens = amounts["amount0Out"] + amounts["amount1Out"]
    paid = amounts["amount0In"] + amounts["amount1In"]
    assert paid == 3 * ETHER
    assert (buy.side, buy.quote, buy.venue, buy.buyer, buy.seller) == (
        "buy",
        "WETH",
        "uniswap-v2",
        buyer,
        pool.address.lower(),
    )
    assert wei(buy.amount) == tokens
    assert abs(Decimal(buy.price) * tokens - paid) < Decimal("1e-9")
    block = chain.block(bought["blockNumber"])
    assert buy.id == (
        f"{CHAIN}:0x{block['hash'].hex()}:0x{bought['transactionHash'].hex()}:{logs[0]['logIndex']}"
    )
    assert (buy.block_number, buy.block_hash) == (block["number"], "0x" + block["hash"].hex())
    assert buy.log_index == logs[0]["logIndex"]
    assert (sell.side, sell.seller, sell.buyer) == ("sell", seller, pool.address.lower())
    assert wei(sell.amount) == ETHER
    sold_for = pool.events.Swap().process_receipt(sold, errors=DISCARD)[0]["args"]
    got = sold_for["amount0Out"] + sold_for["amount1Out"]
    assert abs(Decimal(sell.price) * ETHER - got) < Decimal("1e-9")

    changes = {event.action: event for event in of(Liquidity, events)}
    added, removed, moved = changes["added"], changes["removed"], changes["shares_moved"]
    assert (added.pool, added.quote, added.from_address) == (
        pool.address.lower(),
        "WETH",
        chain.deployer.lower(),
    )
    assert (wei(added.token_amount), wei(added.quote_amount)) == (5 * ETHER, 2 * ETHER)
    made = _shares(pool, fed, sender=ZERO)
    assert wei(added.liquidity) == made
    before = pool.functions.totalSupply().call(block_identifier=fed["blockNumber"] - 1)
    assert wei(added.total_liquidity) == before + made
    assert added.to_address == chain.deployer.lower()
    burns = [event for event in of(Liquidity, events) if event.transaction == burned]
    assert [(event.action, event.to_address, wei(event.liquidity)) for event in burns] == [
        ("shares_moved", DEAD.lower(), 7)
    ]
    taken = pool.events.Burn().process_receipt(drained, errors=DISCARD)[0]["args"]
    assert {wei(removed.token_amount), wei(removed.quote_amount)} == {
        taken["amount0"],
        taken["amount1"],
    }
    assert wei(removed.liquidity) == _shares(pool, drained, receiver=ZERO)
    assert wei(removed.total_liquidity) == pool.functions.totalSupply().call()
    assert moved.transaction == "0x" + drained["transactionHash"].hex()
    reserves = pool.functions.getReserves().call()[:2]
    last = [event for event in of(Liquidity, events) if event.action == "reserves"][-1]
    assert {wei(last.token_amount), wei(last.quote_amount)} == set(reserves)


async def test_a_pool_that_is_created_is_followed_from_its_first_log_on(
    server: EvmServer,
) -> None:
    chain = server.chain
    async with Listening(source(server, evm_quotes={})) as listening:
        await listening.caught_up()
        await seen(listening, server)
        other = chain.deploy_token("OTHER")
        with chain.one_block():
            pair = chain.create_pool(server.token, other)
            for coin in (server.token, other):
                chain.transfer(coin, pair.address, 1_000 * ETHER)
            chain.do(pair.functions.mint(chain.deployer))
        await seen(listening, server)
        cursor = listening.cursor
    mine = [
        event for event in of(Liquidity, listening.events) if event.pool == pair.address.lower()
    ]
    assert [event.action for event in mine] == ["pool_created", "reserves", "added"]
    assert {event.quote for event in mine} == {"OTHER"}
    assert len({event.block_hash for event in mine}) == 2
    # Nobody could find such a pair again by asking.
    async with Listening(source(server, evm_quotes={}), cursor) as again:
        await again.caught_up()
        with chain.one_block():
            chain.do(pair.functions.sync())
        await seen(again, server)
    assert [event.action for event in of(Liquidity, again.events)] == ["reserves"]


async def test_a_v3_pool_is_read_as_a_v2_one(server: EvmServer) -> None:
    chain, token = server.chain, server.token
    async with Listening(source(server)) as listening:
        await listening.caught_up()
        pool = chain.create_pool_v3(token)
        chain.add_liquidity_v3(pool, token, 10**20)
        bought = chain.swap_v3(pool, chain.weth, 10**18, chain.people[1])
        sold = chain.swap_v3(pool, token, 10**17, chain.deployer)
        chain.remove_liquidity_v3(pool, 4 * 10**19)
        chain.remove_liquidity_v3(pool, 0)
        await seen(listening, server)
    ticks = {event.transaction: event for event in of(Tick, listening.events)}
    buy, sell = ticks[bought], ticks[sold]
    assert (buy.side, sell.side, buy.venue) == ("buy", "sell", "uniswap-v3")
    amounts = pool.events.Swap().process_receipt(chain.receipt(bought), errors=DISCARD)[0]["args"]
    tokens = -min(amounts["amount0"], amounts["amount1"])
    assert max(amounts["amount0"], amounts["amount1"]) == 10**18
    assert wei(buy.amount) == tokens
    assert abs(Decimal(buy.price) * tokens - 10**18) < Decimal("1e-9")
    assert wei(sell.amount) == 10**17
    actions = [
        (event.action, event.liquidity)
        for event in of(Liquidity, listening.events)
        if event.pool == pool.address.lower()
    ]
    assert actions == [("pool_created", None), ("added", "100"), ("removed", "40")]


async def test_a_reorganisation_takes_back_exactly_what_was_orphaned(server: EvmServer) -> None:
    chain = server.chain
    async with Listening(source(server)) as listening:
        await listening.caught_up()
        listening.events.clear()
        server.feed(1)
        await seen(listening, server)
        kept = {event.id for event in happened(listening.events)}
        server.feed(2)
        await seen(listening, server)
        orphaned = {event.id for event in happened(listening.events)} - kept
        before = len(listening.events)
        chain.roll_back(2)
        chain.transfer(server.token, chain.people[3], 42)
        server.feed(1)
        chain.mine(1)
        await seen(listening, server)
        replaced = listening.events[before:]
        chain.mine(4)
        await seen(listening, server)
    assert len(orphaned) >= 6
    assert set(decisions(listening.events, "retracted")) == orphaned
    assert len(decisions(listening.events, "retracted")) == len(orphaned)
    new = {event.id for event in happened(replaced)}
    assert new
    assert not new & orphaned
    confirmed = decisions(listening.events, "confirmed")
    assert kept | new <= set(confirmed)
    assert not orphaned & set(confirmed)
    assert len(set(confirmed)) == len(confirmed)
    by_id = {event.id: event for event in happened(listening.events)}
    for decision in of(Finality, listening.events):
        assert decision.event_time >= (
            by_id[decision.of].event_time if decision.of in by_id else ""
        )
        if decision.of in by_id:
            event = by_id[decision.of]
            assert (decision.token, decision.topic) == (event.token, topic_of(event))


async def test_blocks_replaced_by_empty_ones_are_noticed_at_the_same_height(
    server: EvmServer,
) -> None:
    async with Listening(source(server)) as listening:
        await listening.caught_up()
        await seen(listening, server)
        listening.events.clear()
        server.feed(2)
        await seen(listening, server)
        told = {event.id for event in happened(listening.events)}
        server.chain.reorganise(2)
        await seen(listening, server)
    assert told
    assert set(decisions(listening.events, "retracted")) == told


async def test_blocks_are_confirmed_in_their_order_when_deep_enough(pushing: EvmServer) -> None:
    async with Listening(source(pushing)) as listening:
        await listening.caught_up()
        listening.events.clear()
        pushing.feed(2)
        pushing.chain.mine(1)
        await seen(listening, pushing)
        ids = [event.id for event in happened(listening.events)]
        assert not set(ids) & set(decisions(listening.events, "confirmed"))
        pushing.chain.mine(3)
        await seen(listening, pushing)
    confirmed = [of for of in decisions(listening.events, "confirmed") if of in ids]
    assert confirmed == ids
    by_id = {event.id: event for event in happened(listening.events)}
    for decision in of(Finality, listening.events):
        if (event := by_id.get(decision.of)) is not None:
            assert decision.block_number == event.block_number + 3
            assert decision.id == f"{event.id}:confirmed:{decision.block_hash}"


async def test_a_broken_connection_loses_nothing(server: EvmServer) -> None:
    evm = source(server)
    async with Listening(evm) as first:
        await first.caught_up()
        server.feed(2)
        await seen(first, server)
        server.refusals += [(503, {})] * 2
        await server.drop()
        error = await first.lost()
    assert isinstance(error, NodeError)
    server.refusals.clear()
    server.feed(2)
    server.chain.mine(30)
    server.feed(1)
    async with Listening(evm, first.cursor) as second:
        await second.caught_up()
        server.feed(1)
        await seen(second, server)
    everything = first.events + second.events
    assert len({event.transaction for event in of(Tick, everything)}) == 6
    ids = [event.id for event in happened(everything)]
    assert len(set(ids)) == len(ids)
    # What was pending when it broke, and what was final by the time it was read.
    deep = {event.id for event in happened(second.events) if event.confirmation == "confirmed"}
    decided = set(decisions(everything, "confirmed"))
    assert deep
    old = {event.id for event in happened(first.events)}
    assert old <= decided
    assert not deep & decided


@pytest.mark.parametrize("blocks_after", [1, 40])
async def test_another_process_goes_on_across_a_reorganisation(
    pushing: EvmServer, blocks_after: int
) -> None:
    async with Listening(source(pushing)) as first:
        await first.caught_up()
        pushing.feed(1)
        await seen(first, pushing)
        kept = {event.id for event in happened(first.events)}
        pushing.feed(2)
        await seen(first, pushing)
    orphaned = {event.id for event in happened(first.events)} - kept
    pushing.chain.roll_back(2)
    pushing.feed(3)
    pushing.chain.mine(blocks_after)
    async with Listening(source(pushing), first.cursor) as second:
        await second.caught_up()
        await seen(second, pushing)
    assert set(decisions(second.events, "retracted")) == orphaned
    assert len(of(Tick, second.events)) == 3
    assert not {event.id for event in happened(second.events)} & (kept | orphaned)
    if blocks_after > 3:
        told = decisions(first.events, "confirmed") + decisions(second.events, "confirmed")
        assert kept <= set(told)
        assert len(set(told)) == len(told)


@pytest.mark.parametrize("blocks_after", [0, 30])
async def test_whichever_cursor_was_stored_last_nothing_is_lost_or_told_otherwise(
    pushing: EvmServer, blocks_after: int
) -> None:
    chain = pushing.chain
    async with Listening(source(pushing)) as listening:
        await listening.caught_up()
        pushing.feed(4)
        await seen(listening, pushing)
        chain.roll_back(2)
        pushing.feed(3)
        chain.mine(2)
        await seen(listening, pushing)
    orphaned = set(decisions(listening.events, "retracted"))
    assert orphaned
    chain.mine(blocks_after)
    async with Listening(source(pushing), listening.cursor) as rest:
        await rest.caught_up()
    evm = source(pushing)
    whole: list[Any] = listening.events + rest.events
    gone = {identity.split(":")[1] for identity in orphaned}
    told = {
        event.id
        for event in whole
        if event.block_hash not in gone and getattr(event, "status", "") != "retracted"
    }
    stands = [event.id for event in happened(whole) if event.id not in orphaned]
    for place, sound in enumerate(listening.heard):
        before = told_by(evm, listening.heard[: place + 1])
        async with Listening(source(pushing), sound.cursor) as resumed:
            await resumed.caught_up()
        both = before + resumed.events
        known = {event.id for event in happened(both)}
        assert known - orphaned == set(stands)
        assert set(decisions(both, "retracted")) == known & orphaned
        assert not set(decisions(both, "confirmed")) & orphaned
        # To the letter, but for what was decided by a block that is gone itself.
        assert told <= {event.id for event in both} or blocks_after
        assert final(whole) <= final(both)


@pytest.mark.parametrize("seed", range(4))
async def test_through_any_life_of_a_chain_every_event_gets_its_fate(seed: int) -> None:
    """Trades, reorganisations, broken connections and kills in any order."""
    dice = random.Random(seed)
    async with EvmServer(websocket=bool(seed % 2), block_s=12, timestamp=START_S) as server:
        chain, whole, cursor = server.chain, [], None
        server.feed(3)
        for _ in range(8):
            async with Listening(source(server), cursor) as listening:
                await listening.caught_up()
                for _ in range(dice.randrange(4)):
                    _happen(server, dice)
                    if dice.random() < 0.5:
                        await seen(listening, server)
                if dice.random() < 0.3:
                    await server.drop()
            whole += listening.events
            cursor = listening.cursor
            for _ in range(dice.randrange(3)):
                _happen(server, dice)
            if dice.random() < 0.3:
                chain.mine(25)
        chain.mine(_DEPTH + 1)
        async with Listening(source(server), cursor) as listening:
            await listening.caught_up()
            await seen(listening, server)
        whole += listening.events
        evm = source(server)
        past = [sound async for sound in evm.history(0, 4 * 10**12, None)]
        blocks = {event.id: event.block_number for event in told_by(evm, past)}
    canonical, told = set(blocks), {event.id for event in happened(whole)}
    # What was there before it began to listen is history alone.
    first = min(event.block_number for event in happened(whole))
    assert {each for each in canonical if blocks[each] >= first} <= told
    assert final(whole) & told == canonical & told
    assert set(decisions(whole, "retracted")) == told - canonical


def _happen(server: EvmServer, dice: random.Random) -> None:
    """Something, on the chain; a reorganisation is never as deep as what counts as final."""
    match dice.randrange(4):
        case 0:
            server.chain.mine(dice.randrange(1, 3))
        case 1:
            server.chain.roll_back(2, later_s=dice.randrange(1, 10))
            server.feed(2)
        case _:
            server.feed(dice.randrange(1, 3))


async def test_what_the_cursor_has_no_room_for_is_read_again(
    pushing: EvmServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("producers.live.evm.window.MOST_NAMED", 4)
    async with Listening(source(pushing)) as first:
        await first.caught_up()
        pushing.feed(3)
        await seen(first, pushing)
    pending = json.loads(first.cursor or "")[CHAIN]["pending"]
    assert any(block[4] is None for block in pending if len(block) > 4)
    pushing.chain.mine(5)
    async with Listening(source(pushing), first.cursor) as second:
        await second.caught_up()
    told = set(decisions(first.events + second.events, "confirmed"))
    assert {event.id for event in happened(first.events)} <= told


async def test_history_is_what_was_followed(server: EvmServer) -> None:
    evm = source(server)
    async with Listening(evm) as listening:
        await listening.caught_up()
        first = server.chain.block()["timestamp"] + 12
        server.feed(3)
        server.chain.transfer(server.pool, DEAD, 10**15)
        last = server.chain.block()["timestamp"]
        server.feed(1)
        server.chain.mine(3)
        await seen(listening, server)
    followed = [event for event in happened(listening.events) if first <= _seconds(event) < last]
    told: list[Any] = await all_of(evm, evm.history(first * 1000, last * 1000, None))
    assert [event.id for event in told] == [event.id for event in followed]
    assert {event.confirmation for event in told} == {"confirmed"}
    assert [_undecided(event) for event in told] == [_undecided(event) for event in followed]


async def test_a_history_goes_on_where_it_stopped(pushing: EvmServer) -> None:
    pushing.feed(4)
    pushing.chain.mine(4)
    evm = source(pushing, evm_range_blocks=2)
    until = (pushing.chain.block()["timestamp"] + 1) * 1000
    whole = await all_of(evm, evm.history(0, until, None))
    sounds = [sound async for sound in evm.history(0, until, None)]
    assert len(sounds) > 4
    for place, sound in enumerate(sounds):
        told = told_by(evm, sounds[: place + 1])
        rest = await all_of(evm, evm.history(0, until, sound.cursor))
        assert [event.id for event in [*told, *rest]] == [event.id for event in whole]


async def test_a_pass_ends_at_the_head_and_the_next_goes_on(pushing: EvmServer) -> None:
    def now_ms() -> int:
        return int(pushing.chain.block()["timestamp"]) * 1000 + 500

    pushing.feed(2)
    evm = source(pushing)
    sounds = [sound async for sound in evm.catch_up(None, now_ms())]
    first = told_by(evm, sounds)
    assert len(of(Tick, first)) == 2
    pushing.feed(1)
    pushing.chain.mine(1)
    second = await all_of(evm, evm.catch_up(sounds[-1].cursor, now_ms()))
    assert len(of(Tick, second)) == 1
    # Two blocks ago there was less.
    third = await all_of(evm, evm.catch_up(None, now_ms() - 24_000))
    assert len(of(Tick, third)) == 2


async def test_questions_shrink_until_the_node_answers(server: EvmServer) -> None:
    evm = source(server)
    sounds = [sound async for sound in evm.catch_up(None, SystemClock().now_ms())]
    server.feed(6)
    server.chain.mine(60)
    server.most_blocks = 5
    server.most_addresses = 2
    told = await all_of(evm, evm.catch_up(sounds[-1].cursor, SystemClock().now_ms()))
    assert len(of(Tick, told)) == 6
    # Some ten ranges, each for four addresses two by two, and no more than half of them refused.
    assert 20 <= server.asked.count("eth_getLogs") <= 80


async def test_new_entries_of_the_watch_list_are_followed_without_a_restart(
    pushing: EvmServer,
) -> None:
    chain = pushing.chain
    other = chain.deploy_token("NEWS", decimals=6, supply=10**15)
    evm = source(pushing)
    async with Listening(evm) as listening:
        await listening.caught_up()
        chain.transfer(other, chain.people[1], 5)
        await seen(listening, pushing)
        more = WatchEntry(kind="token", chain=CHAIN, value=other.address.lower(), symbol="NEW")
        evm.watch_list.replace([*pushing.entries, more])
        chain.transfer(other, chain.people[1], 1_500_000)
        await seen(listening, pushing)
        evm.watch_list.replace(pushing.entries)
        chain.transfer(other, chain.people[1], 7)
        await seen(listening, pushing)
    news = [event for event in of(Transfer, listening.events) if event.symbol == "NEW"]
    assert [event.amount for event in news] == ["1.5"]
    assert len({event.token for event in listening.events}) == 2


async def test_a_pool_on_the_watch_list_is_followed_for_its_token_alone(
    pushing: EvmServer,
) -> None:
    chain = pushing.chain
    evm = source(pushing)
    entry = WatchEntry(kind="pool", chain=CHAIN, value=pushing.pool.address.lower())
    evm.watch_list.replace([entry])
    async with Listening(evm) as listening:
        await listening.caught_up()
        listening.events.clear()
        pushing.feed(1)
        chain.transfer(pushing.token, chain.people[1], 1)
        await seen(listening, pushing)
    told = happened(listening.events)
    assert [type(event).__name__ for event in told] == ["Liquidity", "Tick"]
    assert {event.token for event in told} == {f"{CHAIN}:{pushing.token.address.lower()}"}
    assert told[1].symbol == "MEME"


async def test_two_watched_tokens_of_one_pool_each_get_its_events(pushing: EvmServer) -> None:
    weth = WatchEntry(kind="token", chain=CHAIN, value=pushing.chain.weth.address.lower())
    async with Listening(source(pushing, weth)) as listening:
        await listening.caught_up()
        listening.events.clear()
        pushing.feed(1)
        await seen(listening, pushing)
    ticks = of(Tick, listening.events)
    assert sorted(tick.symbol for tick in ticks) == ["MEME", "WETH"]
    assert sorted(tick.side for tick in ticks) == ["buy", "sell"]
    ids = [event.id for event in listening.events]
    assert len(set(ids)) == len(ids)
    money = next(tick for tick in ticks if tick.symbol == "WETH")
    coin = next(tick for tick in ticks if tick.symbol == "MEME")
    assert money.id == f"{coin.id}:{money.token}"
    assert abs(Decimal(money.price) * Decimal(coin.price) - 1) < Decimal("1e-30")


async def test_odd_tokens_are_read_as_well_as_they_can_be(pushing: EvmServer) -> None:
    chain = pushing.chain
    old, silent = chain.deploy("OldToken", 10**6), chain.deploy("SilentToken")
    entries = [
        WatchEntry(kind="token", chain=CHAIN, value=token.address.lower())
        for token in (old, silent)
    ]
    async with Listening(source(pushing, *entries)) as listening:
        await listening.caught_up()
        chain.transfer(old, chain.people[1], 12)
        chain.transfer(silent, chain.people[2], 34)
        await seen(listening, pushing)
    amounts = {
        event.contract: (event.symbol, event.amount, event.to_address)
        for event in of(Transfer, listening.events)
    }
    assert amounts[old.address.lower()] == ("OLD", "12", chain.people[1].lower())
    name = f"{CHAIN}:{silent.address}".upper()
    assert amounts[silent.address.lower()] == (name, "34", chain.people[2].lower())


async def test_a_coin_that_keeps_a_part_of_every_transfer_is_told_as_it_moves(
    pushing: EvmServer,
) -> None:
    chain, trader = pushing.chain, pushing.chain.people[1]
    coin = chain.deploy("TaxedCoin", "TAX", 10**9 * ETHER)
    watched = WatchEntry(kind="token", chain=CHAIN, value=coin.address.lower())
    async with Listening(source(pushing, watched)) as listening:
        await listening.caught_up()
        pool = chain.create_pool(coin)
        chain.add_liquidity(pool, coin, 10**8 * ETHER, 50 * ETHER)
        bought = chain.buy(pool, ETHER, trader)
        sold = chain.sell(pool, coin, 10**5 * ETHER, trader)
        await seen(listening, pushing)
    assert listening.rejected == []
    buy, sell = of(Tick, listening.events)
    assert [(buy.transaction, buy.side), (sell.transaction, sell.side)] == [
        (bought, "buy"),
        (sold, "sell"),
    ]
    # The pool gives all, and gets what is left of it.
    assert wei(sell.amount) == 94_000 * ETHER
    moved = [event for event in of(Transfer, listening.events) if event.transaction == bought]
    assert [event.to_address for event in moved] == [chain.deployer.lower(), ZERO, trader.lower()]
    assert sum(wei(event.amount) for event in moved) == wei(buy.amount)
    held: dict[str, int] = {}
    for event in of(Transfer, listening.events):
        if event.symbol != "TAX":
            continue
        for address, sign in ((event.from_address, -1), (event.to_address, 1)):
            held[address] = held.get(address, 0) + sign * wei(event.amount)
    for person in (pool.address, trader):
        assert held[person.lower()] == coin.functions.balanceOf(person).call()


@pytest.mark.parametrize("decimals", [0, 6])
async def test_coins_of_few_decimals_are_traded_in_whole_coins(
    pushing: EvmServer, decimals: int
) -> None:
    chain, trader = pushing.chain, pushing.chain.people[1]
    one = 10**decimals
    coin = chain.deploy_token("FEW", supply=10**9 * one, decimals=decimals)
    watched = WatchEntry(kind="token", chain=CHAIN, value=coin.address.lower())
    async with Listening(source(pushing, watched)) as listening:
        await listening.caught_up()
        pool = chain.create_pool(coin)
        chain.add_liquidity(pool, coin, 10**6 * one, 50 * ETHER)
        chain.buy(pool, ETHER, trader)
        chain.sell(pool, coin, 5_000 * one, trader)
        chain.remove_liquidity(pool, shares=pool.functions.totalSupply().call() // 2)
        deep = chain.create_pool_v3(coin)
        chain.add_liquidity_v3(deep, coin, 10**6 * one)
        chain.swap_v3(deep, coin, 100 * one, chain.deployer)
        await seen(listening, pushing)
    assert listening.rejected == []
    ticks = of(Tick, listening.events)
    assert [(tick.side, tick.venue) for tick in ticks] == [
        ("buy", "uniswap-v2"),
        ("sell", "uniswap-v2"),
        ("sell", "uniswap-v3"),
    ]
    assert [Decimal(tick.amount) for tick in ticks[1:]] == [5_000, 100]
    assert Decimal("0.00005") < Decimal(ticks[0].price) < Decimal("0.000053")
    changes = [event for event in of(Liquidity, listening.events) if event.symbol == "FEW"]
    first = next(change for change in changes if change.action == "added")
    assert (first.token_amount, first.quote_amount) == ("1000000", "50")
    removed = next(change for change in changes if change.action == "removed")
    assert wei(removed.total_liquidity) == pool.functions.totalSupply().call()
    assert 0 <= wei(removed.total_liquidity) - wei(removed.liquidity) <= 1


async def test_a_swap_across_two_pools_is_a_trade_in_each(pushing: EvmServer) -> None:
    chain, trader = pushing.chain, pushing.chain.people[1]
    other = chain.deploy_token("OTHER")
    watched = WatchEntry(kind="token", chain=CHAIN, value=other.address.lower())
    async with Listening(source(pushing, watched)) as listening:
        await listening.caught_up()
        pool = chain.create_pool(other)
        chain.add_liquidity(pool, other, 10**6 * ETHER, 100 * ETHER)
        chain.transfer(pushing.token, trader, 1_000 * ETHER)
        hopped = chain.swap_twice((pushing.pool, pool), pushing.token, 1_000 * ETHER, trader)
        await seen(listening, pushing)
    assert listening.rejected == []
    sell, buy = (tick for tick in of(Tick, listening.events) if tick.transaction == hopped)
    assert (sell.symbol, sell.side, sell.seller) == ("MEME", "sell", trader.lower())
    assert (buy.symbol, buy.side, buy.buyer) == ("OTHER", "buy", trader.lower())
    paid = [Decimal(tick.price) * Decimal(tick.amount) for tick in (sell, buy)]
    assert abs(paid[0] - paid[1]) < Decimal("1e-9")
    assert wei(buy.amount) == other.functions.balanceOf(trader).call()


async def test_a_pool_that_tells_of_fees_too_is_read_as_any_v3_one(pushing: EvmServer) -> None:
    chain, token, trader = pushing.chain, pushing.token, pushing.chain.people[1]
    pool = chain.deploy("PancakePool", token.address, chain.weth.address)
    chain.transfer(token, pool.address, 100 * ETHER)
    chain.do(chain.weth.functions.approve(pool.address, 10 * ETHER), trader)
    listed = WatchEntry(kind="pool", chain=CHAIN, value=pool.address.lower())
    async with Listening(source(pushing, listed)) as listening:
        await listening.caught_up()
        listening.events.clear()
        bought = chain.do(pool.functions.swap(chain.weth.address, 10 * ETHER), trader)
        await seen(listening, pushing)
    assert listening.rejected == []
    (buy,) = of(Tick, listening.events)
    assert (buy.transaction, buy.side, buy.buyer) == (bought, "buy", trader.lower())
    assert (wei(buy.amount), buy.price) == (5 * ETHER, "2")


async def test_nothing_and_more_than_there_is_are_moved_exactly(pushing: EvmServer) -> None:
    chain, person = pushing.chain, pushing.chain.people[1]
    coin = chain.deploy_token("HUGE", supply=2**256 - 1, decimals=0)
    deep = chain.deploy_token("DEEP", supply=2**256 - 1, decimals=77)
    entries = [
        WatchEntry(kind="token", chain=CHAIN, value=token.address.lower()) for token in (coin, deep)
    ]
    async with Listening(source(pushing, *entries)) as listening:
        await listening.caught_up()
        for token in (coin, deep):
            chain.transfer(token, person, 0)
            chain.transfer(token, person, 2**256 - 1)
            chain.transfer(token, person, 1, person)
        await seen(listening, pushing)
    assert listening.rejected == []
    moved: dict[str, list[int]] = {"HUGE": [], "DEEP": []}
    with localcontext(prec=100):
        for event in of(Transfer, listening.events):
            if event.symbol in moved:
                whole = Decimal(event.amount)
                moved[event.symbol].append(int(whole.scaleb(77 if event.symbol == "DEEP" else 0)))
    # Minted, and then sent as above.
    exact = [2**256 - 1, 0, 2**256 - 1, 1]
    assert moved == {"HUGE": exact, "DEEP": exact}


async def test_two_chains_are_followed_in_one_source(pushing: EvmServer) -> None:
    async with EvmServer(websocket=False, block_s=2, timestamp=START_S + 500) as other:
        settings = pushing.settings()
        for name, mine in other.settings().items():
            if isinstance(mine, dict):
                settings[name] = {**settings[name], "base": mine[CHAIN]}
        token = WatchEntry(kind="token", chain="base", value=other.token.address.lower())
        evm = Evm(
            Surroundings(
                settings=Settings(_env_file=None, **settings),
                clock=SystemClock(),
                watch_list=WatchList([*pushing.entries, token]),
                tokens=TokenRegistry(),
            )
        )
        async with Listening(evm) as listening:
            await listening.caught_up()
            listening.events.clear()
            pushing.feed(1)
            other.feed(2)
            await listening.until(lambda: len(of(Tick, listening.events)) == 3)
    assert sorted(tick.chain for tick in of(Tick, listening.events)) == ["base", "base", CHAIN]
    assert set(json.loads(listening.cursor or "")) == {"base", CHAIN}


async def test_a_base_that_is_gone_costs_what_was_confirmed_and_no_more(
    pushing: EvmServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with Listening(source(pushing)) as listening:
        await listening.caught_up()
        pushing.feed(6)
        await seen(listening, pushing)
        pending = {event.id for event in happened(listening.events)}
        pending -= set(decisions(listening.events, "confirmed"))
        pushing.chain.roll_back(5)
        pushing.feed(7)
        await seen(listening, pushing)
    assert set(decisions(listening.events, "retracted")) == pending
    assert "MEMEWATCH_EVM_CONFIRMATIONS" in caplog.text
    assert len({tick.transaction for tick in of(Tick, listening.events)}) == 13


@pytest.mark.parametrize(
    ("refusal", "error", "wait_s"),
    [
        ((429, {"Retry-After": "7"}), RateLimitedError, 7.0),
        ((401, {}), AccessRefusedError, None),
        ((403, {}), AccessRefusedError, None),
        ((502, {}), NodeError, None),
    ],
)
async def test_refusals_are_told_apart_and_never_show_the_key(
    server: EvmServer,
    refusal: tuple[int, dict[str, str]],
    error: type[Exception],
    wait_s: float | None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    server.refusals.append(refusal)
    async with Listening(source(server)) as listening:
        failure = await listening.lost()
    assert type(failure) is error
    assert "127.0.0.1" in str(failure)
    assert "a-secret-key" not in f"{failure!r} {caplog.text}"
    if isinstance(failure, RateLimitedError):
        assert failure.retry_after_s == wait_s


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"code": -32005, "message": "daily request count exceeded"}, RateLimitedError),
        ({"code": 429, "message": "Your app has exceeded its compute units"}, RateLimitedError),
        ({"code": -32000, "message": "unauthorized: check the key"}, AccessRefusedError),
        ({"code": -32603, "message": "internal error"}, NodeError),
    ],
)
async def test_errors_in_answers_are_told_apart(
    server: EvmServer, answer: dict[str, Any], error: type[Exception]
) -> None:
    server.errors["eth_getLogs"] = answer
    async with Listening(source(server)) as listening:
        assert isinstance(await listening.lost(), error)


async def test_a_node_that_does_not_answer_is_given_up(
    server: EvmServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("producers.live.evm.node._ANSWER_DEADLINE_S", 0.3)
    server.unanswered.add("eth_getLogs")
    async with Listening(source(server)) as listening:
        assert "does not answer" in str(await listening.lost())


async def test_a_node_that_is_still_behind_its_chain_is_not_followed(server: EvmServer) -> None:
    server.errors["eth_syncing"] = {"code": -32601, "message": "the method does not exist"}
    async with Listening(source(server)) as listening:
        await listening.caught_up()
    server.errors.clear()
    server.results["eth_syncing"] = {"currentBlock": "0x1", "highestBlock": "0x99"}
    async with Listening(source(server)) as listening:
        assert "still catching up" in str(await listening.lost())


async def test_a_node_without_new_blocks_is_given_up(
    server: EvmServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Evm, "silence_s", 0.3)
    async with Listening(source(server)) as listening:
        await listening.caught_up()
        assert "no new block" in str(await listening.lost())


async def test_without_an_endpoint_it_is_off_and_says_why() -> None:
    assert "MEMEWATCH_EVM_ENDPOINTS" in str(Evm.off(Settings(_env_file=None, evm_endpoints={})))
    assert Evm.off(Settings(_env_file=None)) is None


def test_what_is_no_payload_of_ours_is_rejected() -> None:
    evm = Evm(
        Surroundings(settings=Settings(_env_file=None), clock=SystemClock(), tokens=TokenRegistry())
    )
    for kind in ("logs", "finality", "other"):
        for body in (b"", b"{}", b"[1]", b"\xff"):
            payload = Payload(body=body, cursor="", kind=kind, received_ms=0)
            assert [type(item).__name__ for item in evm.parse(payload)] == ["Rejected"]


def _read_again(event: Event) -> Event:
    decode = decode_tick_event if topic_of(event) == "ticks" else decode_chain_event
    return decode(encode(event))


def _shares(pool: Any, receipt: Any, **wanted: str) -> int:
    """How many shares this transaction made for, or took from, anybody."""
    found = 0
    for log in pool.events.Transfer().process_receipt(receipt, errors=DISCARD):
        if log["address"] != pool.address:
            continue
        names = {"sender": log["args"]["from"], "receiver": log["args"]["to"]}
        if all(names[name] == value for name, value in wanted.items()):
            found += log["args"]["value"]
    return found


def _seconds(event: Event) -> int:
    return event_time_ms(event) // 1000


def _undecided(event: Any) -> Any:
    return msgspec.structs.replace(event, confirmation="pending")
