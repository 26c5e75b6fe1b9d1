"""How well alerts match what really happened in a simulated market.

The rules, for each pattern by itself:

* A scenario that requires the pattern is *found* by an alert of that pattern on its token whose
  event time lies in ``[onset - 120 s, end + 300 s]``. Its delay is that of the first such alert
  after the onset (negative when it came before). Further ones in the same window do not count.
* An alert in the window of a scenario that only allows the pattern (``also``) does not count, nor
  does one between a coin's birth and its scenario's window: it warned (``born_ms``).
* Every other alert is false, whatever became of it later: a retracted alert was an alert.
* Recall is found / required, precision found / (found + false); both are None without a divisor.
* With ``until_ms`` the log ended there: scenarios whose windows reach beyond are left out, and
  alerts in those windows do not count.

Windows of one token never overlap, because the market leaves its tokens in peace in between.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from producers.simulated.truth import Truth
from schemas.alerts import Alert, Pattern
from schemas.times import parse_rfc3339

BEFORE_MS = 120_000
AFTER_MS = 300_000
#: The patterns that detectors exist for now.
JUDGED: tuple[Pattern, ...] = (
    "pump_and_dump",
    "whale_dump",
    "sentiment_spike",
    "sentiment_price_divergence",
    "shilling",
    "mention_burst",
    "wash_trading",
    "whale_accumulation",
    "dormant_wallet",
    "rug_pull",
    "sniper_bundle",
    "honeypot",
    "holder_concentration",
)


class PatternScore(Struct, frozen=True, kw_only=True):
    """One pattern's figures. Delays are seconds; ``false_on`` counts false alerts by the kind of
    scenario they fell on (``background`` for none), ``found_by_strength`` is (found, required)."""

    pattern: str
    required: int
    found: int
    false: int
    allowed: int
    repeated: int
    recall: float | None
    precision: float | None
    median_delay_s: float | None
    ninth_decile_delay_s: float | None
    found_by_strength: dict[str, tuple[int, int]]
    found_by_kind: dict[str, tuple[int, int]]
    false_on: dict[str, int]


def score(
    alerts: Iterable[Alert | Mapping[str, Any]],
    truths: Sequence[Truth],
    patterns: Sequence[Pattern] = JUDGED,
    until_ms: int | None = None,
) -> dict[str, PatternScore]:
    """Score alerts (structs, or mappings with ``token``, ``pattern`` and RFC 3339 ``event_time``)
    by pattern. Revisions of one alert must have been reduced to one."""
    by_token: dict[str, list[Truth]] = defaultdict(list)
    for truth in truths:
        by_token[truth.token].append(truth)
    times: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for alert in alerts:
        token, pattern, time = _essence(alert)
        times[pattern].append((parse_rfc3339(time), token))
    return {
        pattern: _score_one(pattern, sorted(times[pattern]), by_token, until_ms)
        for pattern in patterns
    }


def _score_one(
    pattern: Pattern,
    alerts: list[tuple[int, str]],
    by_token: Mapping[str, list[Truth]],
    until_ms: int | None,
) -> PatternScore:
    required = [
        truth
        for truths in by_token.values()
        for truth in truths
        if pattern in truth.required and not _cut_off(truth, until_ms)
    ]
    delays: dict[str, float] = {}
    false_on: Counter[str] = Counter()
    allowed = repeated = 0
    for time_ms, token in alerts:
        around = [truth for truth in by_token.get(token, ()) if _covers(truth, time_ms)]
        wanted = next(
            (t for t in around if pattern in t.required and _within(t, time_ms)),
            None,
        )
        if any(_cut_off(truth, until_ms) for truth in around):
            allowed += 1
        elif wanted is not None:
            repeated += wanted.scenario in delays
            delays.setdefault(wanted.scenario, (time_ms - wanted.onset_ms) / 1000)
        elif any(pattern in (*truth.also, *truth.required) for truth in around):
            allowed += 1
        else:
            false_on[around[0].kind if around else "background"] += 1
    found, false = len(delays), sum(false_on.values())
    ordered = sorted(delays.values())
    return PatternScore(
        pattern=pattern,
        required=len(required),
        found=found,
        false=false,
        allowed=allowed,
        repeated=repeated,
        recall=found / len(required) if required else None,
        precision=found / (found + false) if found + false else None,
        median_delay_s=_quantile(ordered, 0.5),
        ninth_decile_delay_s=_quantile(ordered, 0.9),
        found_by_strength=_shares(required, delays, lambda truth: truth.strength),
        found_by_kind=_shares(required, delays, lambda truth: truth.kind),
        false_on=dict(sorted(false_on.items())),
    )


def _essence(alert: Alert | Mapping[str, Any]) -> tuple[str, str, str]:
    if isinstance(alert, Alert):
        return alert.token, alert.pattern, alert.event_time
    return alert["token"], alert["pattern"], alert["event_time"]


def _within(truth: Truth, time_ms: int) -> bool:
    return truth.onset_ms - BEFORE_MS <= time_ms <= truth.ends_ms + AFTER_MS


def _covers(truth: Truth, time_ms: int) -> bool:
    """Whether it is in the window, or in the life of a coin before."""
    born_ms = truth.onset_ms if truth.born_ms is None else truth.born_ms
    return min(born_ms, truth.onset_ms - BEFORE_MS) <= time_ms <= truth.ends_ms + AFTER_MS


def _cut_off(truth: Truth, until_ms: int | None) -> bool:
    return until_ms is not None and truth.ends_ms + AFTER_MS > until_ms


def _quantile(ordered: list[float], part: float) -> float | None:
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else None


def _shares(
    required: list[Truth], found: Mapping[str, float], group: Callable[[Truth], str]
) -> dict[str, tuple[int, int]]:
    shares: dict[str, tuple[int, int]] = {}
    for truth in required:
        hits, count = shares.get(group(truth), (0, 0))
        shares[group(truth)] = (hits + (truth.scenario in found), count + 1)
    return dict(sorted(shares.items()))
