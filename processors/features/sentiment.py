"""Posts about a token per window, with rolling figures over five minutes of event time."""

from __future__ import annotations

from collections import deque
from typing import ClassVar

from processors.anomaly import ActivityAnomaly
from processors.features.base import History, Window
from processors.features.voices import Voice, Voices, voice_of
from schemas.alerts import SignalKind
from schemas.events import Post

_ROLLING_MS = 300_000
#: Distinct authors are counted up to this many a window; a burst beyond it is a burst anyway.
_AUTHORS_COUNTED = 256
#: Posts of a window whose texts and authors are weighed, for the same reason.
_VOICES_WEIGHED = 256


class SentimentWindow(Window[Post]):
    """Mentions, the sum of their sentiments, their distinct authors and what they weigh."""

    __slots__ = ("authors", "mentions", "sentiments", "voices")

    def __init__(self) -> None:
        self.mentions = 0
        self.sentiments = 0.0
        self.authors: dict[str, None] = {}
        self.voices: list[Voice] = []

    def add(self, event: Post, time_ms: int) -> None:
        voice = voice_of(event, time_ms)
        self.mentions += 1
        self.sentiments += voice.feeling
        if len(self.voices) < _VOICES_WEIGHED:
            self.voices.append(voice)
        if len(self.authors) < _AUTHORS_COUNTED:
            self.authors[event.author] = None


class SentimentHistory(History[SentimentWindow]):
    """Rolling sentiment, plain and weighed, mention rate and authors, and the rate's anomaly."""

    kind: ClassVar[SignalKind] = "sentiment"

    def __init__(self) -> None:
        self._recent: deque[tuple[int, SentimentWindow]] = deque()
        self._voices = Voices(_ROLLING_MS)
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
        self._voices.add(window.voices, end_ms)
        # They are in the span now; the window stays among the recent ones for its sums.
        window.voices = []
        weighed = self._voices.weighed()
        return {
            "mentions": float(window.mentions),
            "authors": float(len(window.authors)),
            "sentiment": window.sentiments / window.mentions,
            "rolling_sentiment": sum(recent.sentiments for _, recent in self._recent) / mentions,
            "adjusted_sentiment": weighed.adjusted,
            "creator_sentiment": weighed.creator,
            "bot_share": weighed.bot_share,
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
