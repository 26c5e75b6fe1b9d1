"""Who drains a pool is told in the very event; small providers come and go unnoticed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

import pytest
from msgspec.structs import replace

from processors.detectors.base import Opening
from processors.detectors.pools.drain_watch import DrainWatch
from processors.detectors.rug_pull import PARAMETERS, RugPull
from processors.offline import replay
from processors.patterns import PatternSet
from schemas.codec import event_time_ms
from schemas.events import Event, Liquidity, Profile
from schemas.times import rfc3339
from tests.contracts.pools import PoolLife
from tests.processors.chain import decision
from tests.processors.detectors.streams import ViewFeed, at_ms, signal, trading, transfer

MAKER, OTHER = "0xMaker", "0xother"


def young_pool(pool: PoolLife, at: float = 0.0) -> Iterator[Liquidity]:
    """Made and fed by its maker, with small providers beside."""
    yield from pool.create(at_ms(at), MAKER)
    yield from pool.add(at_ms(at), MAKER, 1_000_000, 100)
    for number in range(5):
        yield from pool.add(at_ms(at + 1 + number), f"0xsmall{number}", 20_000, 2)


def openings(events: Iterable[Event]) -> list[Opening]:
    detector = RugPull()
    said = [detector.observe(event, event_time_ms(event)) for event in events]
    return [opening for opening in said if opening is not None]


def evidence(opening: Opening) -> dict[str, float]:
    return {item.feature: item.value for item in opening.evidence}


def test_a_maker_who_takes_all_is_told_at_once_with_all_there_is_to_know():
    pool = PoolLife("T")
    events = [*young_pool(pool), *pool.remove(at_ms(90), MAKER, 1.0)]
    (opening,) = openings(events)
    assert openings(events[:-1]) == []
    assert opening.phase == "draining"
    assert opening.impact > 0.9
    assert opening.onset_ms == at_ms(90)
    known = evidence(opening)
    assert known["removed_share"] == pytest.approx(100 / 110)
    assert known["by_insider"] == 1
    assert known["quote_removed"] == pytest.approx(100)
    assert known["pool_age_hours"] == 1.5
    assert "The pool's creator took 90.9%" in opening.explanation
    quote = next(item for item in opening.evidence if item.feature == "quote_removed")
    assert quote.baseline == pytest.approx(110)


def test_small_providers_come_and_go_unnoticed():
    pool = PoolLife("T")
    leaving = (pool.remove(at_ms(30 + n), f"0xsmall{n}", 1.0) for n in range(5))
    assert openings(chain(young_pool(pool), *leaving)) == []


def test_half_a_pool_is_told_whoever_takes_it_and_a_quarter_of_its_insiders():
    for who, part, told in (
        (OTHER, 0.49, False),
        (OTHER, 0.51, True),
        (MAKER, 0.24, False),
        (MAKER, 0.26, True),
    ):
        pool = PoolLife("T")
        young = [*pool.create(at_ms(0), MAKER), *pool.add(at_ms(0), MAKER, 10_000, 10)]
        rich = pool.add(at_ms(1), OTHER, 1e7, 1e4) if who == OTHER else ()
        removal = pool.remove(at_ms(60), who, part)
        said = openings([*young, *rich, *removal])
        assert bool(said) == told, (who, part)


@pytest.mark.parametrize("tells_total", [True, False])
def test_a_pool_that_was_not_seen_before_is_judged_by_what_it_holds(tells_total):
    pool = PoolLife("T", tells_total=tells_total)
    before = list(young_pool(pool))
    assert before
    middle = [*pool.trade(at_ms(50), 1.1), *pool.remove(at_ms(60), "0xsmall1", 1.0)]
    drain = list(pool.remove(at_ms(125), MAKER, 1.0))
    assert openings(middle) == []
    (opening,) = openings([*middle, *drain])
    assert evidence(opening)["removed_share"] == pytest.approx(100 / 108)
    assert evidence(opening)["by_insider"] == 0
    assert "pool_age_hours" not in evidence(opening)
    # Also where the pool tells what it holds only now and then, before.
    told_before = [replace(drain[1], transaction="another", total_liquidity=None)]
    (opening,) = openings([*middle, *told_before])
    assert evidence(opening)["removed_share"] == pytest.approx(100 / 108)


def test_of_what_nothing_is_known_nothing_is_said():
    pool = PoolLife("T", tells_total=False)
    list(young_pool(pool))
    _, removal = pool.remove(at_ms(90), MAKER, 1.0)
    assert openings([removal]) == []
    assert openings([replace(removal, liquidity=None, quote_amount=None, token_amount="0")]) == []


def test_slices_count_together_and_shares_that_were_passed_on_too():
    pool = PoolLife("T")
    slices = (pool.remove(at_ms(60 + n), MAKER, 0.1) for n in range(5))
    (opening,) = openings(chain(young_pool(pool), *slices))
    assert opening.onset_ms == at_ms(60)
    assert 0.25 <= opening.impact < 0.5

    pool = PoolLife("T")
    events = [
        *young_pool(pool),
        *pool.move(at_ms(50), MAKER, "0xFresh", 0.5),
        *pool.remove(at_ms(60), "0xFresh", 1.0),
    ]
    (opening,) = openings(events)
    assert evidence(opening)["shares_moved_before"] == pytest.approx(50 / 110)
    assert "receiver of an insider's shares" in opening.explanation


def test_who_leaves_a_pool_that_others_have_drained_is_not_told():
    pool = PoolLife("T")
    events = [*young_pool(pool), *pool.remove(at_ms(60), MAKER, 1.0)]
    leaving = [
        event for n in range(5) for event in pool.remove(at_ms(70 + n * 9), f"0xsmall{n}", 1.0)
    ]
    assert len(openings([*events, *leaving])) == 1


def test_a_pool_that_is_fed_again_can_be_drained_again():
    pool = PoolLife("T")
    events = [
        *young_pool(pool),
        *pool.remove(at_ms(60), MAKER, 1.0),
        *pool.add(at_ms(70), MAKER, 1_000_000, 100),
        *pool.remove(at_ms(95), MAKER, 1.0),
    ]
    assert len(openings(events)) == 2


def test_only_a_graver_removal_is_told_within_the_cool_down():
    pool = PoolLife("T")
    events = [
        *young_pool(pool),
        *pool.remove(at_ms(60), MAKER, 0.3),
        *pool.remove(at_ms(61), MAKER, 0.1),
        *pool.remove(at_ms(62), MAKER, 1.0),
    ]
    graver, gravest = openings(events)
    assert 0.25 <= graver.impact < 0.5
    assert gravest.impact >= 0.9


def test_a_dust_pool_is_nobodys_loss_and_a_pool_moved_elsewhere_neither():
    main, dust = PoolLife("T"), PoolLife("T", "0xdust")
    made = [*dust.create(at_ms(0), MAKER), *dust.add(at_ms(0), MAKER, 1_000, 0.1)]
    assert openings([*young_pool(main), *made, *dust.remove(at_ms(60), MAKER, 1.0)]) == []

    old, new = PoolLife("T"), PoolLife("T", "0xnew")
    moved = [
        *young_pool(old),
        *new.create(at_ms(50), MAKER),
        *new.add(at_ms(50), MAKER, 1_000_000, 100),
        *old.remove(at_ms(60), MAKER, 1.0),
    ]
    assert openings(moved) == []


def test_freshly_issued_tokens_in_another_pool_excuse_nothing():
    old, new = PoolLife("T"), PoolLife("T", "0xnew")
    events = [
        *young_pool(old),
        *new.create(at_ms(50), MAKER),
        *new.add(at_ms(50), MAKER, 1_000_000, 1),
        *old.remove(at_ms(60), MAKER, 1.0),
    ]
    assert len(openings(events)) == 1


def test_shares_that_are_handed_in_to_be_burned_were_not_moved_before():
    pool = PoolLife("T")
    young = list(young_pool(pool))
    (handed_in,) = PoolLife.move(pool, at_ms(90), MAKER, "0xpool", 1.0)
    list(pool.move(at_ms(90), "0xpool", MAKER, 1.0))
    (opening,) = openings([*young, handed_in, *pool.remove(at_ms(90), MAKER, 1.0)])
    assert "shares_moved_before" not in evidence(opening)


def test_the_tokens_creator_is_known_from_its_profile_or_its_first_transfer():
    profile = Profile(
        id="p",
        token="T",
        symbol="T",
        event_time=rfc3339(at_ms(0)),
        source="test",
        chain="test",
        contract="0x1",
        creator="0xISSUER",
    )
    mint = transfer(0, "0x0000000000000000000000000000000000000000", "0xissuer", 1e9)
    for known in (profile, mint):
        pool = PoolLife("T")
        events = [
            known,
            *young_pool(pool),
            *pool.add(at_ms(10), "0xissuer", 700_000, 70),
            *pool.remove(at_ms(60), "0xissuer", 1.0),
        ]
        (opening,) = openings(events)
        assert "The token's creator took 38.9%" in opening.explanation


def test_an_exact_half_is_half():
    assert PARAMETERS.drained == 0.5
    _, reserves, removal = _removal_of(quote="0.1", left="0.1")
    assert len(openings([reserves, removal])) == 1
    _, reserves, removal = _removal_of(quote="0.1", left="0.100000000000000001")
    assert evidence(openings([reserves, removal])[0])["removed_share"] == pytest.approx(0.5)


def _removal_of(quote: str, left: str) -> tuple[PoolLife, Liquidity, Liquidity]:
    pool = PoolLife("T", tells_total=False)
    list(pool.add(at_ms(0), OTHER, 1.0, 1.0))
    reserves, removal = pool.remove(at_ms(1), OTHER, 0.5)
    return (
        pool,
        replace(reserves, quote_amount=left),
        replace(removal, quote_amount=quote, liquidity=None),
    )


def watched(*prices: float) -> list[str]:
    pool = PoolLife("T")
    (opening,) = openings([*young_pool(pool), *pool.remove(at_ms(90), MAKER, 1.0)])
    watch = DrainWatch(opening)
    view = ViewFeed()
    phases = []
    for minute, price in enumerate(prices):
        if (revision := watch.review(view.add(trading(minute, price)), at_ms(minute))) is not None:
            phases.append(revision.phase)
    end = watch.expire(at_ms(120))
    assert (end.status, end.ended_ms) == ("resolved", at_ms(120))
    return [*phases, end.phase]


def test_the_follow_up_tells_a_collapse_and_what_survived():
    assert watched(1.0, 0.9, 0.4, 0.1) == ["collapsed", "collapsed"]
    assert watched(1.0, 1.02) == ["survived"]
    assert watched(1.0, 0.7) == ["drained"]
    assert watched() == ["drained"]


def test_what_else_happens_is_no_trade():
    pool = PoolLife("T")
    (opening,) = openings([*young_pool(pool), *pool.remove(at_ms(90), MAKER, 1.0)])
    watch, view = DrainWatch(opening), ViewFeed()
    watch.review(view.add(trading(0, 1.0)), at_ms(0))
    watch.review(view.add(signal(1, "flow", {})), at_ms(1))
    assert watch.expire(at_ms(120)).phase == "drained"


def test_a_rug_pull_in_a_reorganised_block_is_retracted():
    pool = PoolLife("T", confirmation="pending")
    events: list[Event] = [*young_pool(pool), *pool.remove(at_ms(90), MAKER, 1.0)]
    decided = [
        decision(
            event, "retracted" if event.event_time == rfc3339(at_ms(90)) else "confirmed", at_ms(92)
        )
        for event in events
    ]
    patterns = PatternSet(leading=(RugPull,), joined=())
    out = replay([*events, *decided], patterns)
    assert [alert.status for alert in out.alerts] == ["open", "retracted"]
    assert out.alerts[0].event_time == rfc3339(at_ms(90))
    # The same removal in the new branch is told anew.
    again = [
        replace(event, id=f"again:{event.id}", event_time=rfc3339(at_ms(93)))
        for event in events[-2:]
    ]
    out = replay([*events, *decided, *again], patterns)
    first, second = {alert.id: alert.status for alert in out.alerts}.values()
    assert (first, second) == ("retracted", "resolved")
