"""A warning comes before the money leaves, where makers can take it and prepare to; else none."""

from __future__ import annotations

import pickle
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from processors.detectors.base import Opening
from processors.detectors.pools.rug_findings import PARAMETERS
from processors.detectors.pools.rug_signs import SIGNS
from processors.detectors.pools.warning_watch import WarningWatch
from processors.detectors.rug_pull import RugPull
from processors.offline import replay
from processors.patterns import PatternSet
from schemas.alerts import Alert
from schemas.codec import event_time_ms
from schemas.events import Event, Transfer
from tests.contracts.launches import BLOCK_MS, MAKER, NOBODY, crowd
from tests.processors.chain import decision
from tests.processors.detectors.rug_launches import DEAD, LOCK, SharedCoin, traded_coin
from tests.processors.detectors.streams import ViewFeed, at_ms, signal, trading

PATTERNS = PatternSet(leading=(RugPull,), joined=())


def said(coin: SharedCoin) -> list[tuple[int, Opening]]:
    """What is told of the coin, with the time since it was launched, in blocks."""
    detector = RugPull()
    found = []
    for event in coin.events:
        opening = detector.observe(event, event_time_ms(event))
        if opening is not None:
            block = event_time_ms(event) // BLOCK_MS
            found.append((block, opening))
    return found


def phases(coin: SharedCoin) -> list[str]:
    return [opening.phase for _, opening in said(coin)]


def evidence(opening: Opening) -> dict[str, float]:
    return {item.feature: item.value for item in opening.evidence}


def test_a_maker_who_sells_is_warned_of_and_the_removal_is_told_in_its_block():
    coin = traded_coin()
    coin.sell(MAKER, 0.6)
    coin.next_block(5)
    coin.drain(1.0)
    (warned_block, warning), (drained_block, drain) = said(coin)
    assert (warning.phase, drain.phase) == ("warned", "draining")
    assert drained_block - warned_block == 5
    assert drain.impact == pytest.approx(1.0)
    known = evidence(warning)
    assert known["shares_in_reach"] == pytest.approx(1.0)
    assert known["shares_locked"] == 0.0
    assert known["brought_by_buyers"] > 0.1
    assert known["insider_sold"] > SIGNS["insider_sold"].line
    assert known["prior_probability"] == PARAMETERS.prior
    assert known["creator_token_share"] == pytest.approx(0.08)
    assert sum(item.weight for item in warning.evidence) <= 1.0
    assert "Insiders can take 100.0% of a pool" in warning.explanation


def test_shares_that_come_out_of_a_lock_are_warned_of():
    for lock in (LOCK, "0xunknown_lock"):
        coin = traded_coin()
        coin.pass_shares(1.0, MAKER, lock)
        crowd(coin, random.Random(2), 20, 30_000, sells=0.3, typical=0.006)
        assert phases(coin) == []
        coin.pass_shares(1.0, lock, MAKER)
        ((_, opening),) = said(coin)
        assert opening.score > 0.8
        assert evidence(opening)["shares_unlocked"] == pytest.approx(1.0)


def test_shares_from_a_lock_to_a_fresh_wallet_are_the_makers():
    coin = traded_coin()
    coin.pass_shares(1.0, MAKER, LOCK)
    coin.pass_shares(1.0, LOCK, "0xfresh")
    ((_, warning),) = said(coin)
    assert evidence(warning)["shares_in_reach"] == pytest.approx(1.0)
    coin.next_block(3)
    coin.drain(1.0, "0xfresh")
    assert phases(coin) == ["warned", "draining"]


def test_new_tokens_and_shares_passed_on_beside_a_sale_are_signs():
    coin = traded_coin()
    coin.move(NOBODY, "0xelse", 1e8)
    assert phases(coin) == ["warned"]

    coin = traded_coin()
    coin.pass_shares(1.0, MAKER, "0xfresh")
    assert phases(coin) == []
    coin.move(MAKER, "0xfriend", 1e8)
    ((_, opening),) = said(coin)
    assert {"shares_passed_on", "insider_tokens_moved"} <= evidence(opening).keys()


@pytest.mark.parametrize("where", [LOCK, DEAD])
def test_a_maker_who_locked_or_burned_the_shares_may_sell(where):
    coin = traded_coin()
    coin.pass_shares(1.0, MAKER, where)
    coin.sell(MAKER, 0.9)
    coin.move(MAKER, "0xfriend", 1e7)
    assert phases(coin) == []


def test_honest_doings_by_themselves_are_no_warning():
    small_sale, team, lock, cost = (traded_coin() for _ in range(4))
    small_sale.sell(MAKER, 0.1)
    team.move(MAKER, "0xteam", 1e8)
    lock.pass_shares(1.0, MAKER, "0xunknown_lock")
    cost.drain(0.1)
    for coin in (small_sale, team, lock, cost):
        crowd(coin, random.Random(3), 20, 30_000, sells=0.3, typical=0.006)
        assert phases(coin) == []


def test_a_small_provider_who_leaves_is_no_sign():
    coin = traded_coin()
    coin.feed(coin.tokens * 0.1, coin.quote * 0.1, "0xsmall")
    coin.drain(0.05, "0xsmall")
    coin.move("0xsmall", "0xfriend", 1e8)
    assert phases(coin) == []


def test_where_nobody_has_brought_money_there_is_nothing_to_warn_of():
    for coin in (traded_coin(buyers=4), traded_coin(typical=0.0002)):
        coin.sell(MAKER, 0.6)
        assert phases(coin) == []


def test_what_a_maker_pays_for_tokens_is_no_loot():
    coin = traded_coin(typical=0.0002)
    coin.buy(MAKER, 5.0)
    coin.move(MAKER, "0xfriend", 1e8)
    coin.pass_shares(1.0, MAKER, "0xfresh")
    assert phases(coin) == []
    coin.buy("0xsomebody", 5.0)
    assert phases(coin) == ["warned"]


def test_tokens_that_pass_through_a_router_are_sold_and_not_moved():
    coin = traded_coin()
    within = coin.transaction()
    sold = coin.held[MAKER] * 0.6
    coin.move(MAKER, "0xrouter", sold, within)
    coin.sell("0xrouter", 1.0, within)
    ((_, opening),) = said(coin)
    assert "insider_sold" in evidence(opening)
    assert "insider_tokens_moved" not in evidence(opening)


def test_a_warning_is_not_repeated_and_a_drained_pool_is_not_warned_of():
    coin = traded_coin()
    for _ in range(4):
        coin.sell(MAKER, 0.2)
        coin.wait(3_600_000)
    assert phases(coin) == ["warned"]
    coin.drain(1.0)
    coin.feed(8e8, 20.0)
    coin.sell(MAKER, 0.5)
    assert phases(coin) == ["warned", "draining"]


def test_a_pool_that_was_locked_meanwhile_is_warned_of_anew():
    coin = traded_coin()
    coin.sell(MAKER, 0.6)
    coin.pass_shares(1.0, MAKER, LOCK)
    coin.next_block(10)
    coin.pass_shares(1.0, LOCK, MAKER)
    assert phases(coin) == ["warned", "warned"]


def test_a_sign_of_long_ago_counts_no_more():
    coin = traded_coin(typical=0.0002)
    coin.sell(MAKER, 0.6)
    coin.wait(PARAMETERS.span_ms + 1)
    crowd(coin, random.Random(4), 40, 30_000, sells=0.0, typical=0.01)
    assert phases(coin) == []


def test_a_pool_that_tells_nothing_of_its_quote_is_not_warned_of():
    coin = traded_coin()
    coin.sell(MAKER, 0.6)
    coin.events = [
        event if isinstance(event, Transfer) else replace(event, quote_amount=None)
        for event in coin.events
    ]
    assert phases(coin) == []


steps = st.lists(
    st.tuples(
        st.sampled_from(
            ["buy", "sell", "feed", "drain", "lock", "unlock", "pass", "move", "mint", "wait"]
        ),
        st.floats(0.01, 1.0),
        st.sampled_from([MAKER, "0xone", "0xtwo", LOCK]),
    ),
    max_size=40,
)


@settings(max_examples=60)
@given(steps)
def test_whatever_happens_what_is_said_is_sound(doings):
    coin = traded_coin(buyers=20)
    for what, part, who in doings:
        _do(coin, what, part, who)
    detector = RugPull()
    for place, event in enumerate(coin.events):
        if place % 50 == 0:
            detector = pickle.loads(pickle.dumps(detector))
        time_ms = event_time_ms(event)
        opening = detector.observe(event, time_ms)
        if opening is not None:
            assert 0.0 < opening.score <= 1.0
            assert 0.0 < opening.impact <= 1.0
            assert opening.onset_ms <= time_ms
            assert all(0.0 <= item.weight <= 1.0 for item in opening.evidence)
            if opening.phase == "warned":
                assert evidence(opening)["shares_in_reach"] >= PARAMETERS.in_reach
                assert evidence(opening)["brought_by_buyers"] >= PARAMETERS.brought
    assert len(pickle.dumps(detector)) < 24_000


def _do(coin: SharedCoin, what: str, part: float, who: str) -> None:
    coin.wait(part * 600_000)
    if what == "buy":
        coin.buy(who, coin.quote * part * 0.2)
    elif what == "sell" and coin.held.get(who, 0.0) > 1.0:
        coin.sell(who, part)
    elif what == "feed":
        coin.feed(coin.tokens * part, coin.quote * part, who)
    elif what == "drain":
        coin.drain(part * 0.9, who)
    elif what in ("lock", "unlock", "pass"):
        sender, receiver = {"lock": (who, LOCK), "unlock": (LOCK, who)}.get(what, (MAKER, who))
        coin.pass_shares(part, sender, receiver)
    elif what == "move":
        coin.move(MAKER, who, 1e8 * part)
    elif what == "mint":
        coin.move(NOBODY, who, 1e8 * part)


def warning_of(coin: SharedCoin) -> Opening:
    return next(opening for _, opening in said(coin) if opening.phase == "warned")


def followed(*values: dict[str, float] | float) -> list[tuple[str, str]]:
    """What becomes of a warning by what comes after it: flows, or prices, one a minute."""
    coin = traded_coin()
    coin.sell(MAKER, 0.6)
    opening = warning_of(coin)
    watch = WarningWatch(opening, at_ms(0))
    view, found = ViewFeed(), []
    for minute, value in enumerate(values, 1):
        is_price = isinstance(value, float)
        news = trading(minute, value) if is_price else signal(minute, "flow", value)
        revision = watch.review(view.add(news), at_ms(minute))
        if revision is not None:
            found.append((revision.phase, revision.status))
            if revision.status != "open":
                assert (revision.score > opening.score) == (revision.phase == "pulled")
                return found
    end = watch.expire(at_ms(360))
    assert end.ended_ms == at_ms(360)
    return [*found, (end.phase, end.status)]


def test_the_follow_up_tells_a_drain_a_lock_a_fall_and_peace():
    assert followed({"pool_removed": 0.3}, {"pool_removed": 0.4}) == [("pulled", "resolved")]
    assert followed({"pool_locked": 0.3}, {"pool_locked": 0.3}) == [("locked", "retracted")]
    assert followed(1.0, 0.9, 0.4, 0.1) == [("sold off", "open"), ("sold off", "resolved")]
    assert followed(1.0, {"pool_removed": 0.1}, 0.9) == [("expired", "resolved")]
    assert followed() == [("expired", "resolved")]


def last_words(events: list[Event]) -> list[Alert]:
    return list({alert.id: alert for alert in replay(events, PATTERNS).alerts}.values())


def test_through_the_whole_partition_a_warning_ends_with_what_came_of_it():
    coin = traded_coin()
    coin.sell(MAKER, 0.6)
    coin.next_block(10)
    coin.drain(1.0)
    coin.wait(60_000)
    coin.move("0xbuyer1", "0xbuyer2", 1.0)
    warning, drain = last_words(coin.events)
    assert (warning.phase, warning.status) == ("pulled", "resolved")
    assert (drain.phase, drain.event_time) == ("drained", coin.changes()[-1].event_time)

    coin = traded_coin()
    coin.sell(MAKER, 0.6)
    coin.next_block(10)
    coin.pass_shares(1.0, MAKER, DEAD)
    coin.wait(60_000)
    coin.move("0xbuyer1", "0xbuyer2", 1.0)
    (warning,) = last_words(coin.events)
    assert (warning.phase, warning.status) == ("locked", "retracted")


def test_a_warning_that_rests_on_an_orphaned_block_is_retracted():
    coin = traded_coin(confirmation="pending")
    coin.sell(MAKER, 0.6)
    sold_at = coin.events[-1].event_time
    decided = [
        decision(event, "retracted" if event.event_time == sold_at else "confirmed", coin.now_ms)
        for event in coin.events
    ]
    assert [alert.status for alert in last_words([*coin.events, *decided])] == ["retracted"]
