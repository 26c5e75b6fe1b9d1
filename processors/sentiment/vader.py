"""VADER with the lexicon of this field: the base of every score."""

from __future__ import annotations

from dataclasses import dataclass

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from processors.sentiment.lexicon import MEANING, valences


@dataclass(frozen=True, slots=True)
class Feeling:
    """VADER's figures: ``compound`` in −1..1, the shares of pleasant and unpleasant words."""

    compound: float
    pleasant: float
    unpleasant: float


class Vader:
    """VADER (Hutto & Gilbert 2014) that knows what "moon", "rug" and 📉 mean here.

    Weakness: it does not know who is glad ("bears are crying"); the learned model on top does.
    """

    def __init__(self) -> None:
        self._analyzer = SentimentIntensityAnalyzer()
        self.valence: dict[str, float] = self._analyzer.lexicon
        self.valence |= valences(self.valence)
        # VADER reads an emoji by its official name unless it is told otherwise.
        self._analyzer.emojis |= {word: word for word in MEANING if not word[0].isascii()}

    def feel(self, text: str) -> Feeling:
        figures = self._analyzer.polarity_scores(text)
        return Feeling(figures["compound"], figures["pos"], figures["neg"])
