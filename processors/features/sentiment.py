"""Posts about a token per window, with rolling figures over five minutes of event time."""

from __future__ import annotations

from collections import deque
from typing import ClassVar

from processors.anomaly import ActivityAnomaly
from processors.features.base import History, Window
from processors.sentiment import sentiment
from schemas.alerts import SignalKind
from schemas.events import Post

_ROLLING_MS = 300_000
#: Distinct authors are counted up to this many a window; a burst beyond it is a burst anyway.
_AUTHORS_COUNTED = 256


class SentimentWindow(Window[Post]):
    """Mentions, the sum of their sentiments and their distinct authors."""

    __slots__ = ("authors", "mentions", "sentiments")

    def __init__(self) -> None:
        self.mentions = 0
        self.sentiments = 0.0
        self.authors: dict[str, None] = {}

    def add(self, event: Post, time_ms: int) -> None:
        del time_ms
        self.mentions += 1
        self.sentiments += sentiment(event.text)
        if len(self.authors) < _AUTHORS_COUNTED:
            self.authors[event.author] = None


class SentimentHistory(History[SentimentWindow]):
    """Rolling sentiment, mention rate and authors, and the anomaly of the mention rate."""

    kind: ClassVar[SignalKind] = "sentiment"

    def __init__(self) -> None:
        self._recent: deque[tuple[int, SentimentWindow]] = deque()
        self._anomaly = ActivityAnomaly()

    def window(self) -> SentimentWindow:
        return SentimentWindow()

    def score(self, window: SentimentWindow, end_ms: int) -> dict[str, float]:
        self._recent.append((end_ms, window))
        while self._recent[0][0] <= end_ms - _ROLLING_MS:
            self._recent.popleft()
        mentions = self._mentions()
        authors: dict[str, None] = {}
        for _, recent in self._recent:
            authors |= recent.authors
        return {
            "mentions": float(window.mentions),
            "authors": float(len(window.authors)),
            "sentiment": window.sentiments / window.mentions,
            "rolling_sentiment": sum(recent.sentiments for _, recent in self._recent) / mentions,
            "mention_rate": _rate(mentions),
            "rolling_authors": float(len(authors)),
            "anomaly": self._anomaly.score(_rate(mentions)),
        }

    def learn(self, window: SentimentWindow) -> None:
        # No post is ever pending, so the window is the one that was scored last.
        del window
        self._anomaly.learn(_rate(self._mentions()))

    def _mentions(self) -> int:
        return sum(recent.mentions for _, recent in self._recent)


def _rate(mentions: int) -> float:
    """Mentions a minute."""
    return mentions / (_ROLLING_MS / 60_000)
