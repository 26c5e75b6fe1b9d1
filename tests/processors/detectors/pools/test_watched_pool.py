"""What a pool's own words make of it as a loot, also of one that was not seen from its creation."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from processors.detectors.pools.token_trail import Paid, TokenTrail
from processors.detectors.pools.watched_pool import WatchedPool
from schemas.codec import event_time_ms
from schemas.events import Liquidity
from tests.contracts.pools import PoolLife
from tests.processors.detectors.streams import at_ms

MAKER = "0xmaker"


def watched(events: Iterable[Liquidity], created: bool) -> WatchedPool:
    pool, trail = WatchedPool(created, 8, 3_600_000), TokenTrail()
    for event in events:
        pool.take_in(event, (MAKER,), trail, event_time_ms(event))
    return pool


@pytest.mark.parametrize("tells_total", [True, False])
def test_what_buyers_bring_is_what_neither_providers_nor_insiders_brought(tells_total):
    life = PoolLife("T", tells_total=tells_total)
    fed = list(life.add(at_ms(0), MAKER, 1e6, 100.0))
    assert watched(fed, created=True).brought == 0.0
    bought = [*fed, *life.trade(at_ms(1), 0.8)]
    assert watched(bought, created=True).brought == pytest.approx(0.2)
    more = [*bought, *life.add(at_ms(2), "0xother", 1e6, 125.0)]
    assert watched(more, created=True).brought == pytest.approx(0.1)
    # Whoever leaves takes of both alike.
    left = [*more, *life.remove(at_ms(3), "0xother", 1.0)]
    found = watched(left, created=True)
    assert found.brought == pytest.approx(0.1)
    assert found.features.shares.share_of((MAKER,)) == pytest.approx(1.0)
    assert found.features.purchases == 1


def test_what_a_pool_held_when_it_was_first_seen_counts_as_provided():
    life = PoolLife("T")
    list(life.add(at_ms(0), MAKER, 1e6, 100.0))
    seen = [*life.trade(at_ms(1), 0.9), *life.trade(at_ms(2), 0.5)]
    assert watched(seen, created=False).brought == pytest.approx(0.5)


def test_who_traded_is_told_by_the_newest_transaction_alone():
    trail = TokenTrail()
    assert trail.move("a", "0xseller", "0xrouter", 5.0, ("0xpool",))
    assert not trail.move("a", "0xrouter", "0xpool", 4.0, ("0xpool",))
    assert trail.paid("a", "0xpool") == Paid("0xseller", 4.0)
    assert trail.buyer("a", "0xpool") is None
    trail.move("b", "0xpool", "0xbuyer", 1.0, ("0xpool",))
    assert trail.buyer("b", "0xpool") == "0xbuyer"
    assert trail.paid("b", "0xpool") is None
    assert trail.paid("a", "0xpool") is None
