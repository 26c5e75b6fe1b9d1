"""What becomes of a pump: its peak, its dump, and what posts and transfers say about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from processors.detectors.base import FollowUp, Opening, Revision, TokenView
from schemas.alerts import Evidence, Signal, Status
from schemas.times import parse_rfc3339

#: No new high for this long: the peak is behind.
_PEAK_AFTER_MS = 60_000
#: This share of the rise given back is the dump; this share is its end.
_DUMP_SHARE = 0.5
_ENDED_SHARE = 0.8
#: Fallen back within this time with so few trades, it was a bad print and no pump.
_BAD_PRINT_MS = 90_000
_BAD_PRINT_TRADES = 20.0
#: Mentions per minute that corroborate, and how much more than before the onset they must be.
_MENTION_RATE = 3.0
_MENTION_GROWTH = 3.0
_MENTIONS_BEFORE_MS = 600_000
#: River's anomaly of a transfer window, from which on it is evidence.
_FLOW_ANOMALY = 0.99
#: Quiet buying before the onset that is evidence: seen before 15 % of the recorded pumps (the
#: earlier two thirds of them), and at 5 % of other full hours.
_ACCUMULATION = 0.5
#: Trades in another quote currency are no price of ours.
_COMPARABLE = 20.0


class PumpFollowUp(FollowUp):
    """Ignition, peak, dump, end; a corroborated alert scores higher."""

    horizon_ms: ClassVar[int] = 30 * 60_000

    def __init__(self, opening: Opening, time_ms: int, price: float, level: float) -> None:
        """``price`` is the trade's that opened the alert, ``level`` the one it rose from."""
        self._opening = opening
        self._opened_ms = time_ms
        self._price = price
        self._level = level
        self._high = price
        self._high_ms = time_ms
        self._last = price
        self._trades = 0.0
        self._phase = opening.phase
        self._score = opening.score
        self._extra: tuple[Evidence, ...] = ()
        self._looked_back = False
        self._done = {"trading": opening.onset_ms, "sentiment": 0, "flow": 0}

    def review(self, view: TokenView, now_ms: int) -> Revision | None:
        prepared = not self._looked_back and self._look_back(view)
        fresh = {kind: self._fresh(view, kind) for kind in self._done}
        corroborated = self._corroborate(view, fresh["sentiment"])
        moved = self._weigh_transfers(fresh["flow"])
        phase = self._advance(fresh["trading"], now_ms)
        if phase == "retracted":
            return self._revision(
                "retracted",
                "The price fell back at once and hardly anybody traded: a bad print, no pump.",
                now_ms,
            )
        if phase == "ended":
            return self._revision(
                "resolved",
                f"The pump is over: after a high of {self._gain(self._high):+.1%} "
                f"the price stands at {self._gain(self._last):+.1%}.",
                now_ms,
            )
        if phase or corroborated or moved or prepared:
            return self._revision("open", self._story(), None)
        return None

    def expire(self, now_ms: int) -> Revision:
        return self._revision(
            "resolved",
            f"Half an hour after the ignition the price stands at {self._gain(self._last):+.1%} "
            f"after a high of {self._gain(self._high):+.1%}.",
            now_ms,
        )

    def _fresh(self, view: TokenView, kind: str) -> Sequence[Signal]:
        """Signals of windows that ended since the last review."""
        since = self._done[kind]
        found: list[Signal] = []
        for signal in reversed(view.signals(kind)):
            if parse_rfc3339(signal.event_time) <= since:
                break
            found.append(signal)
        if found:
            # Windows of all kinds end together, so each kind has its own mark.
            self._done[kind] = parse_rfc3339(found[0].event_time)
        return found[::-1]

    def _advance(self, signals: Sequence[Signal], now_ms: int) -> str | None:
        """Take in trading windows; the phase that was entered, if any."""
        for signal in signals:
            values = signal.values
            if not 1.0 / _COMPARABLE < values["close"] / self._price < _COMPARABLE:
                continue
            self._trades += values["trades"]
            self._last = values["close"]
            if values["high"] > self._high:
                self._high = values["high"]
                self._high_ms = parse_rfc3339(signal.event_time)
        given_back = (self._high - self._last) / max(self._high - self._level, 1e-12 * self._price)
        age_ms = now_ms - self._opened_ms
        if age_ms <= _BAD_PRINT_MS and given_back >= 1.0 and self._trades < _BAD_PRINT_TRADES:
            return "retracted"
        if self._phase == "dump":
            return "ended" if given_back >= _ENDED_SHARE else None
        if given_back >= _DUMP_SHARE and now_ms > self._high_ms:
            self._phase = "dump"
            return self._phase
        if self._phase == "ignition" and now_ms - self._high_ms >= _PEAK_AFTER_MS:
            self._phase = "peak"
            return self._phase
        return None

    def _look_back(self, view: TokenView) -> bool:
        """Was the token bought quietly before it all began?"""
        self._looked_back = True
        for signal in reversed(view.signals("trading")):
            if parse_rfc3339(signal.event_time) <= self._opening.onset_ms:
                quiet = signal.values["accumulation"]
                if quiet < _ACCUMULATION:
                    return False
                self._add("accumulation", quiet, 0.0, _ACCUMULATION, weight=0.1)
                return True
        return False

    def _corroborate(self, view: TokenView, fresh: Sequence[Signal]) -> bool:
        """Did a burst of mentions come with the ignition?"""
        if self._has("mention_rate") or not fresh:
            return False
        before = [
            signal.values["mention_rate"]
            for signal in view.signals("sentiment")
            if -_MENTIONS_BEFORE_MS
            <= parse_rfc3339(signal.event_time) - self._opening.onset_ms
            <= -60_000
        ]
        usual = sum(before) / len(before) if before else 0.0
        rate = max(
            (
                signal.values["mention_rate"]
                for signal in fresh
                if parse_rfc3339(signal.event_time) >= self._opening.onset_ms - 60_000
            ),
            default=0.0,
        )
        needed = max(_MENTION_RATE, _MENTION_GROWTH * usual)
        if rate < needed:
            return False
        self._add("mention_rate", rate, usual, needed, weight=0.3)
        return True

    def _weigh_transfers(self, fresh: Sequence[Signal]) -> bool:
        """Did unusually large transfers come with the ignition?"""
        if self._has("transfer_flow"):
            return False
        for signal in fresh:
            if parse_rfc3339(signal.event_time) < self._opening.onset_ms - _MENTIONS_BEFORE_MS:
                continue
            if signal.values["anomaly"] >= _FLOW_ANOMALY:
                self._add("transfer_flow", signal.values["volume"], None, None, weight=0.15)
                return True
        return False

    def _add(
        self,
        feature: str,
        value: float,
        baseline: float | None,
        threshold: float | None,
        weight: float,
    ) -> None:
        """New evidence takes its weight of what the score still lacks."""
        self._score += (1.0 - self._score) * weight
        self._extra += (
            Evidence(
                feature=feature,
                value=value,
                baseline=baseline,
                threshold=threshold,
                weight=weight,
            ),
        )

    def _has(self, feature: str) -> bool:
        return any(evidence.feature == feature for evidence in self._extra)

    def _gain(self, price: float) -> float:
        return price / self._level - 1.0

    def _story(self) -> str:
        text = {
            "ignition": self._opening.explanation,
            "peak": f"The price stopped making highs at {self._gain(self._high):+.1%}.",
            "dump": (
                f"The dump has begun: after {self._gain(self._high):+.1%} "
                f"the price stands at {self._gain(self._last):+.1%}."
            ),
        }[self._phase]
        if self._has("mention_rate"):
            text += " A burst of mentions came with it."
        if self._has("transfer_flow"):
            text += " Unusually large transfers came with it."
        if self._has("accumulation"):
            text += " Before it, more was bought than usual while the price stood still."
        return text

    def _revision(self, status: Status, explanation: str, ended_ms: int | None) -> Revision:
        return Revision(
            score=self._score,
            impact=self._opening.impact,
            phase=self._phase,
            status=status,
            explanation=explanation,
            evidence=self._opening.evidence + self._extra,
            ended_ms=ended_ms,
        )
