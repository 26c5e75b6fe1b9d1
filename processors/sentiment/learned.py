"""The learned part of the sentiment: one weight a phrase, shipped beside the code.

``sentiment.msgpack.z`` is made by ``processors.tuning.sentiment``; ``sentiment.json`` tells how.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Self

import msgspec

from processors.sentiment.vader import Feeling

ARTEFACT = "sentiment.msgpack.z"
#: How the artefact was made, and what it reached.
RECORD = "sentiment.json"
#: The first bytes of the fingerprint of every post learned from, in order.
LEARNED_FROM = "sentiment_learned_from.bin"
PRINT_BYTES = 4
#: Weights are stored as whole numbers of −127..127.
_STEPS = 127
#: Where no word has a mood, what the learned phrases say is hardly more than a hunch.
_HUNCH = 0.25
#: Where VADER is surer of the opposite than the model.
_DISPUTED = 0.1


class Learned(msgspec.Struct, frozen=True):
    """A linear model of phrases and VADER's figures; see ``processors.tuning.sentiment``."""

    #: Weights of ``Feeling.compound``, ``pleasant`` and ``unpleasant``.
    feeling: tuple[float, float, float]
    #: Divides the log odds so that they mean what they say (temperature; Guo et al. 2017, 4.2).
    temperature: float
    weights: dict[str, float]

    def score(self, phrases: Sequence[str], feeling: Feeling) -> float:
        """The mood in −1..1."""
        return score_of(self.log_odds(phrases, feeling) / self.temperature, feeling)

    def log_odds(self, phrases: Sequence[str], feeling: Feeling) -> float:
        """Log odds that the author is in a good mood, before the temperature.

        The phrases' sum is divided by the root of their number: a long post is not surer.
        """
        weights = self.weights
        total = sum(weights.get(phrase, 0.0) for phrase in phrases)
        compound, pleasant, unpleasant = self.feeling
        return (
            total / math.sqrt(max(1, len(phrases)))
            + compound * feeling.compound
            + pleasant * feeling.pleasant
            + unpleasant * feeling.unpleasant
        )

    def packed(self) -> bytes:
        """The artefact. Weights are rounded; what rounds to nothing is left out."""
        step = max(map(abs, self.weights.values())) / _STEPS
        rounded = {phrase: round(weight / step) for phrase, weight in self.weights.items()}
        kept = sorted(phrase for phrase, weight in rounded.items() if weight)
        stored = _Stored(
            feeling=self.feeling,
            temperature=self.temperature,
            step=step,
            phrases="\n".join(kept),
            weights=bytes(rounded[phrase] + _STEPS for phrase in kept),
        )
        return zlib.compress(msgspec.msgpack.encode(stored), 9)

    @classmethod
    def unpacked(cls, artefact: bytes) -> Self:
        stored = msgspec.msgpack.decode(zlib.decompress(artefact), type=_Stored)
        return cls(
            feeling=stored.feeling,
            temperature=stored.temperature,
            weights={
                phrase: (weight - _STEPS) * stored.step
                for phrase, weight in zip(stored.phrases.split("\n"), stored.weights, strict=True)
            },
        )


class _Stored(msgspec.Struct, frozen=True):
    feeling: tuple[float, float, float]
    temperature: float
    step: float
    phrases: str
    weights: bytes


def score_of(log_odds: float, feeling: Feeling) -> float:
    """The mean of what the model and VADER say: one knows the side, the other how strongly.

    Labels that know only two sides teach no strength. Where the two disagree the model is right
    more often, so the side is always its; but then, and where no word has a mood, not by much.
    """
    learned = math.tanh(log_odds / 2)
    if not feeling.compound:
        return _HUNCH * learned
    mean = (learned + feeling.compound) / 2
    return mean if mean * learned > 0 else _DISPUTED * learned


@cache
def shipped() -> Learned:
    """The model that belongs to this version of the code."""
    return Learned.unpacked(files(__package__).joinpath(ARTEFACT).read_bytes())
