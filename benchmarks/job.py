"""The job every engine runs: decode a JSON trade, score its volume by one Gaussian a token.

It imports nothing but ``schemas`` and River, so that it runs in a peer's environment as well.
"""

from __future__ import annotations

import math
import random

from river.anomaly import GaussianScorer

from schemas.codec import decode_tick, encode, event_time_ms
from schemas.events import Tick
from schemas.times import rfc3339

TOKENS = 200
START_MS = 1_700_000_000_000
_GRACE = 50


class VolumeScorer:
    """The log-volume Gaussian of one token."""

    def __init__(self) -> None:
        self._scorer = GaussianScorer(grace_period=_GRACE)

    def score(self, tick: Tick) -> float:
        """The trade's anomaly, then learn from it."""
        volume = math.log1p(float(tick.price) * float(tick.amount or 0))
        score = float(self._scorer.score_one({}, volume))
        self._scorer.learn_one({}, volume)
        return score


def run_job(value: bytes, scorers: dict[str, VolumeScorer]) -> float:
    """Decode one record and score it."""
    tick = decode_tick(value)
    event_time_ms(tick)
    scorer = scorers.get(tick.token)
    if scorer is None:
        scorer = scorers[tick.token] = VolumeScorer()
    return scorer.score(tick)


def trades(count: int) -> list[tuple[bytes, bytes]]:
    """``count`` trades in event-time order: (key, value)."""
    dice = random.Random(7)
    found = []
    for number in range(count):
        token = f"T{dice.randrange(TOKENS)}"
        tick = Tick(
            id=f"bench:{number}",
            token=token,
            symbol=token,
            event_time=rfc3339(START_MS + number * 5),
            source="bench",
            venue="bench",
            quote="USDT",
            price=f"{dice.lognormvariate(0, 0.1):.8f}",
            amount=f"{dice.lognormvariate(3, 1):.4f}",
            side=dice.choice(("buy", "sell")),
        )
        found.append((token.encode(), encode(tick)))
    return found
