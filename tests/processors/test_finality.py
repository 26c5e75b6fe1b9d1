"""What a reorganised block held is undone, as if it had never been."""

from __future__ import annotations

import random
from collections.abc import Iterable

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from prometheus_client import REGISTRY

from processors import metrics, settling
from processors.detectors.pump_and_dump import PumpAndDump
from processors.detectors.whale_dump import WhaleDump
from processors.offline import MemoryRecord, write_log
from processors.partition import PartitionState
from processors.patterns import PatternSet
from processors.records import Outputs
from schemas.alerts import Alert, alert_id
from schemas.events import Event, Finality, Post, Tick
from schemas.times import rfc3339
from schemas.topics import EVENT_TOPICS, TICKS, TRANSFERS
from tests.processors.chain import at, decision, learned, pending, plain, reorganised, tail
from tests.processors.engine import PATTERNS, Big, Both, Jump, essence
from tests.processors.test_partition import NOW, read_in_any_way

LEADING = PatternSet(leading=(Jump, Big, PumpAndDump, WhaleDump), joined=())
SEEDS = st.integers(0, 10_000)
#: A smaller seed is no simpler market.
_NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)


def logs(events: Iterable[Event], **how: int) -> dict[str, list[MemoryRecord]]:
    written: dict[str, list[MemoryRecord]] = {spec.name: [] for spec in EVENT_TOPICS}
    for topic, record in write_log(events, **how):
        written[topic].append(record)
    return written


def run(
    events: Iterable[Event], patterns: PatternSet = LEADING, watermark_every: int = 20
) -> tuple[PartitionState, Outputs]:
    state, out = PartitionState(0, patterns), Outputs(now=NOW)
    for topic, record in write_log(events, watermark_every=watermark_every):
        state.process(topic, (record,), out)
    assert not out.dead_letters
    return state, out


def last_words(out: Outputs) -> dict[str, Alert]:
    return {alert.id: alert for alert in sorted(out.alerts, key=lambda alert: alert.revision)}


def swap(name: str, time_ms: int, price: float, **fields: object) -> Tick:
    values = {"token": "T", "symbol": "T", "source": "evm", "amount": "1"}
    return Tick(id=name, event_time=rfc3339(time_ms), price=str(price), **{**values, **fields})


@settings(max_examples=40, deadline=None, phases=_NO_SHRINKING)
@given(seed=SEEDS, every=st.sampled_from((1, 7, 60, 10_000)))
def test_in_the_end_everything_is_as_if_the_orphaned_events_had_never_been(seed, every):
    log, clean = reorganised(seed)
    assert len(log) > len(clean)
    after = tail(seed)
    state, out = run([*log, *after], watermark_every=every)
    expected, expected_out = run([*clean, *after], watermark_every=every)
    known, expected_known = learned(state), learned(expected)
    for place in known.keys() - expected_known.keys():
        # All there was of this token was orphaned.
        known.pop(place)
    assert known == expected_known
    stands = {id for id, alert in last_words(out).items() if alert.status != "retracted"}
    assert stands == set(last_words(expected_out))
    # What they say later they say alike.
    tails = [
        {signal.id: signal for signal in said.signals if signal.event_time > after[0].event_time}
        for said in (out, expected_out)
    ]
    assert tails[0] == tails[1]


def test_the_markets_reorganise_what_matters():
    """The property above would also hold for logs in which nothing happens."""
    lost = found = 0
    for seed in range(40):
        log, _ = reorganised(seed)
        _, out = run(log)
        orphaned = {it.of for it in log if getattr(it, "status", "") == "retracted"}
        by_orphans = {
            alert_id(cls.pattern, event.token, event.id, PATTERNS.risk.version(cls.version))
            for cls in (Jump, Big)
            for event in log
            if event.id in orphaned
        }
        retracted = {alert.id for alert in out.alerts if alert.status == "retracted"}
        assert retracted
        lost += len(retracted - by_orphans)
        times = {event.event_time for event in log if not isinstance(event, Finality)}
        found += sum(alert.event_time not in times for alert in out.alerts if alert.revision == 1)
    assert min(lost, found) > 5, (lost, found)


@settings(max_examples=40, deadline=None)
@given(seed=st.sampled_from(range(4)), how=st.integers(0, 2**32))
def test_any_batches_interleaving_and_restarts_give_the_same_alerts(seed, how):
    log, _ = reorganised(seed)
    whole, out = PartitionState(0, PATTERNS), Outputs(now=NOW)
    written = logs(log, watermark_every=30)
    for topic, records in written.items():
        whole.process(topic, records, out)
    assert any(alert.status == "retracted" for alert in out.alerts)
    assert essence(read_in_any_way(written, random.Random(how))) == essence(out.alerts)


def test_an_alert_is_retracted_with_the_swap_that_opened_it():
    first, jump = swap("a", at(0), 1.0), pending(swap("b", at(5), 3.0))
    _, out = run([first, jump, decision(jump, "retracted", at(20))])
    opened, retracted = out.alerts
    assert (opened.status, retracted.status, retracted.revision) == ("open", "retracted", 2)
    assert retracted.phase == opened.phase
    assert retracted.ended_at == rfc3339(at(20))
    assert "reorganised" in retracted.explanation
    assert retracted.explanation.startswith(opened.explanation)


def test_an_alert_that_has_ended_is_retracted_too():
    first, jump = swap("a", at(0), 1.0), pending(swap("b", at(5), 3.0))
    quiet = swap("c", at(100), 1.2)
    _, out = run([first, jump, quiet, decision(jump, "retracted", at(120))], watermark_every=1)
    assert [alert.status for alert in out.alerts] == ["open", "resolved", "retracted"]
    assert [alert.revision for alert in out.alerts] == [1, 2, 3]


def test_a_confirmed_alert_stays():
    first, jump = swap("a", at(0), 1.0), pending(swap("b", at(5), 3.0))
    state, out = run([first, jump, decision(jump, "confirmed", at(20))])
    assert [alert.status for alert in out.alerts] == ["open", "resolved"]
    learned(state)


def test_an_alert_that_rests_on_an_orphan_without_being_opened_by_it_is_retracted():
    low = pending(swap("b", at(5), 1.0))
    high = swap("c", at(6), 3.0)
    _, out = run([swap("a", at(0), 2.0), low, high, decision(low, "retracted", at(20))])
    assert [alert.status for alert in out.alerts] == ["open", "retracted"]


def test_what_an_orphan_hid_is_told_when_it_is_gone():
    hiding = pending(swap("b", at(5), 2.9))
    out = run([swap("a", at(0), 1.5), hiding, swap("c", at(6), 3.0)])[1]
    assert not out.alerts
    events = [swap("a", at(0), 1.5), hiding, swap("c", at(6), 3.0)]
    out = run([*events, decision(hiding, "retracted", at(20))])[1]
    first = out.alerts[0]
    assert first.id == alert_id("pump_and_dump", "T", "c", PATTERNS.risk.version(Jump.version))
    # It could not be known any earlier.
    assert first.event_time == rfc3339(at(20))


def test_the_chain_may_come_back_to_a_block():
    first, jump = swap("a", at(0), 1.0), pending(swap("b", at(5), 3.0))
    events = [
        first,
        jump,
        decision(jump, "retracted", at(5)),
        jump,
        decision(jump, "confirmed", at(20)),
    ]
    _, out = run(events)
    assert [(a.revision, a.status) for a in out.alerts] == [
        (1, "open"),
        (1, "open"),
        (2, "retracted"),
        (3, "open"),
        (4, "resolved"),
    ]


def test_nothing_between_the_retractions_of_one_block_is_told():
    """With half of the block gone the rest of it would look like a jump."""
    block = [pending(swap(f"b{n}", at(5 + n), price)) for n, price in enumerate((4.0, 2.0, 5.0))]
    gone = [decision(event, "retracted", at(20)) for event in block]
    _, out = run([swap("a", at(0), 3.0), *block, *gone], watermark_every=10_000)
    opened = {alert.id for alert in out.alerts if alert.revision == 1}
    assert opened == {alert_id("pump_and_dump", "T", "b2", PATTERNS.risk.version(Jump.version))}
    assert [alert.status for alert in out.alerts] == ["open", "retracted"]


def test_decisions_about_what_was_never_seen_are_counted():
    swapped = swap("a", at(0), 1.0)
    never = pending(swap("never", at(0), 1.0))
    decided = pending(swap("b", at(1), 1.0))
    events = [
        swapped,
        decision(never, "retracted", at(1)),
        decision(swapped, "retracted", at(1)),
        decided,
        decision(decided, "confirmed", at(2)),
        decision(decided, "retracted", at(3)),
    ]
    state, out = run(events)
    assert (out.counts["unknown"], out.counts["confirmed"]) == (3, 1)
    assert out.counts["retracted"] == 0
    assert out.counts["events"] == 2
    learned(state)


def test_a_late_decision_and_one_of_a_backfill_count():
    jumps = [pending(swap(name, at(5), price)) for name, price in (("b", 3.0), ("c", 9.0))]
    late = decision(jumps[0], "retracted", at(6))
    backfilled = replace(decision(jumps[1], "retracted", at(7)), origin="backfill")
    written = logs([swap("a", at(0), 1.0), *jumps, swap("d", at(60), 9.0)], watermark_every=1)
    state, out = PartitionState(0, LEADING), Outputs(now=NOW)
    more = logs([late, backfilled], watermark_every=100)[TICKS.name]
    log = [*written[TICKS.name][:-1], *(r for r in more if r.key is not None)]
    log.append(written[TICKS.name][-1])
    numbered = [MemoryRecord(r.key, r.value, offset) for offset, r in enumerate(log)]
    for topic, records in {**written, TICKS.name: numbered}.items():
        state.process(topic, records, out)
    assert out.counts["late"] == 0
    statuses = {alert.id: alert.status for alert in last_words(out).values()}
    assert set(statuses.values()) == {"retracted", "resolved"}
    # Each retraction has its place after the watermark that had passed.
    assert {a.ended_at for a in out.alerts if a.status == "retracted"} == {rfc3339(at(60))}


def test_what_waits_is_bounded_and_the_oldest_is_taken_for_final(monkeypatch):
    monkeypatch.setattr(settling, "_TOKEN_LIMIT", 50)
    swaps = [pending(swap(str(n), at(n), 1.0 + n % 3)) for n in range(200)]
    decisions = [decision(event, "retracted", at(500)) for event in swaps]
    state, out = run([*swaps, *decisions])
    assert out.counts["presumed"] == 150
    assert (out.counts["retracted"], out.counts["unknown"]) == (50, 150)
    expected, _ = run(swaps[:150])
    learned(state)
    assert _detectors(state) == _detectors(expected)


def _detectors(state: PartitionState) -> object:
    return plain(state._lanes[TICKS.name]._tokens.by_name["T"].detectors)


def test_so_is_what_waits_for_all_tokens_together(monkeypatch):
    monkeypatch.setattr(settling, "_LANE_LIMIT", 50)
    swaps = [pending(swap(str(n), at(n), 1.0, token=f"T{n % 60}", symbol="T")) for n in range(300)]
    state, out = run(swaps)
    lane = state._lanes[TICKS.name]
    waiting = [len(t.unsettled) for t in lane._tokens.by_name.values() if t.unsettled is not None]
    assert sum(waiting) == lane._tokens.waiting == 50
    assert out.counts["presumed"] == 250


def test_forgotten_tokens_do_not_wait_any_more():
    swaps = [pending(swap(str(n), at(n), 1.0)) for n in range(20)]
    day_later = [swap(f"late{n}", at(90_000 + n * 4_000), 1.0) for n in range(3)]
    state, _ = run([*swaps, *day_later], watermark_every=1)
    assert state._lanes[TICKS.name]._tokens.waiting == 0


def test_candles_and_unsure_posts_are_not_observed_and_quotes_are_no_trades():
    said = Post(
        id="p",
        token="T",
        symbol="T",
        event_time=rfc3339(at(1)),
        source="s",
        post_id="p",
        author="a",
        text="gm",
        confidence=0.3,
    )
    candle = swap(
        "candle", at(2), 9.0, kind="candle", interval_ms=60_000, open="9", high="9", low="9"
    )
    quote = swap("quote", at(3), 7.0, kind="quote")
    _, out = run([swap("a", at(0), 1.0), said, candle, quote, swap("b", at(4), 1.0)])
    # A jump in a quote or a candle would have opened an alert.
    assert not out.alerts
    assert (out.counts["events"], out.counts["unsure"], out.counts["unobserved"]) == (3, 1, 1)
    (signal,) = out.signals
    assert (signal.values["high"], signal.values["trades"], signal.volume) == (7.0, 2.0, "2")


def test_all_that_is_counted_has_its_metric():
    log, _ = reorganised(3)
    _, out = run(log)
    assert {"events", "confirmed", "retracted"} <= out.counts.keys()
    before = _decided()
    metrics.count(TICKS.name, out)
    assert _decided() - before == out.counts["retracted"]


def _decided() -> float:
    labels = {"topic": TICKS.name, "status": "retracted"}
    return REGISTRY.get_sample_value("memewatch_worker_finality_total", labels) or 0.0


def test_joined_patterns_work_on_beside_reorganisations():
    log, _ = reorganised(5)
    _, out = run(log, PatternSet(leading=(Jump,), joined=(Both,)))
    assert any(alert.pattern == Both.pattern for alert in out.alerts)
    assert {record.topic for alert in out.alerts for record in alert.inputs} >= {
        TICKS.name,
        TRANSFERS.name,
    }
