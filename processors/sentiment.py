"""The sentiment of one text, by VADER; a text seen before is not scored twice."""

from __future__ import annotations

from functools import lru_cache

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

#: Copied posts are common and scoring is the dearest step there is (200 µs); about 30 MiB.
_CACHED_TEXTS = 65_536
#: VADER's cost grows with the text; what follows after this many characters hardly matters.
_SCORED_CHARACTERS = 2_000

_analyzer = SentimentIntensityAnalyzer()


@lru_cache(maxsize=_CACHED_TEXTS)
def sentiment(text: str) -> float:
    """VADER's compound score in −1..1 (Hutto & Gilbert 2014); a pure function of the text."""
    return float(_analyzer.polarity_scores(text[:_SCORED_CHARACTERS])["compound"])
