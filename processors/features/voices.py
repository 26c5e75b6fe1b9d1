"""The mood of the last minutes' posts when bots count less, and when readers count."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from zlib import crc32

from processors.detectors.talk.alike_texts import AlikeTexts
from processors.detectors.talk.near_duplicates import Sketch, sketch
from processors.sentiment import sentiment
from schemas.events import Post
from schemas.times import parse_rfc3339

_DAY_MS = 86_400_000
#: Posts remembered of the span, and texts among them; together about 60 kB a token at most.
_POSTS = 256
_TEXTS = 48
#: Resemblance from which a post is a copy; one changed word in a dozen leaves 0.7.
_ALIKE = 0.55
#: Days after which an account counts in full, as in ``detectors.shilling``.
_GROWN_DAYS = 30.0
#: What a post of an account made today counts: a person may be new.
_NEWBORN = 0.1
#: Followers beyond which more are no more reach: few of them see one post.
_MOST_FOLLOWERS = 1_000_000


class Voice(NamedTuple):
    """What is remembered of one post; unknown is None. Sorts by time, then by id."""

    time_ms: int
    id: str
    #: A checksum: names may be long, and a rare double only makes two people one.
    author: int
    feeling: float
    sketch: Sketch | None
    #: What the account's age leaves of the post, in 0..1.
    grown: float
    #: 1 without followers, 6 with a million.
    reach: float | None


class Weighed(NamedTuple):
    """Moods in −1..1, and the part of the talk that the first one leaves out, in 0..1."""

    adjusted: float
    creator: float
    bot_share: float


class Voices:
    """The posts of a sliding span of windows, each weighed anew as others come and go.

    ``adjusted`` gives every voice the same weight: posts that say nearly the same share one, and
    so do posts of one author, whichever are more; young accounts have less of it. Use: beside the
    plain mean, which a campaign of copies moves at will (Nizzoli and others 2020, "Charting the
    landscape of online cryptocurrency manipulation"). ``creator`` weighs by the logarithm of
    followers, so that it is the mood a reader meets; the largest account counts six times the
    smallest. ``bot_share`` is the part of the posts that ``adjusted`` does not count.
    Weakness: people who pass on a headline count as one, except by reposts that a platform marks;
    posts of fewer than five words are no copies; bought followers reach nobody. What is unknown is
    neutral: an account counts as grown, and has the mean reach of the others.
    """

    def __init__(self, span_ms: int) -> None:
        self._span_ms = span_ms
        self._texts = AlikeTexts(_TEXTS, _ALIKE)
        #: End of the window, the post without its sketch, the number of its text.
        self._voices: deque[tuple[int, Voice, int]] = deque()

    def add(self, voices: Iterable[Voice], end_ms: int) -> None:
        """Take in a window's posts, and let go what has left the span."""
        for voice in sorted(voices, key=lambda voice: (voice.time_ms, voice.id)):
            text = self._texts.place(voice.sketch)
            self._texts.add(text)
            self._voices.append((end_ms, voice._replace(sketch=None, id=""), text))
        while self._voices and (
            self._voices[0][0] <= end_ms - self._span_ms or len(self._voices) > _POSTS
        ):
            self._texts.remove(self._voices.popleft()[2])

    def weighed(self) -> Weighed:
        """The moods now; there must be a post in the span."""
        voices = [voice for _, voice, _ in self._voices]
        weights = self._weights()
        reaches = _reaches(voices)
        total = sum(weights)
        return Weighed(
            adjusted=_mean(voices, weights),
            creator=_mean(voices, reaches),
            bot_share=1.0 - total / len(weights),
        )

    def _weights(self) -> list[float]:
        authors = Counter(voice.author for _, voice, _ in self._voices)
        return [
            voice.grown / max(1, authors[voice.author], self._texts.posts(text))
            for _, voice, text in self._voices
        ]


def voice_of(post: Post, time_ms: int) -> Voice:
    """What is remembered of a post."""
    grown = 1.0
    if post.author_created_at is not None:
        days = (time_ms - parse_rfc3339(post.author_created_at)) / _DAY_MS
        grown = min(1.0, max(_NEWBORN, days / _GROWN_DAYS))
    reach = None
    if post.author_followers is not None:
        reach = math.log10(10 + min(post.author_followers, _MOST_FOLLOWERS))
    return Voice(
        time_ms=time_ms,
        id=post.id,
        author=crc32(post.author.encode()),
        feeling=sentiment(post.text),
        # What a platform marks as a repost is honest about being a copy.
        sketch=None if post.repost else sketch(post.text),
        grown=grown,
        reach=reach,
    )


def _reaches(voices: Sequence[Voice]) -> list[float]:
    known = [voice.reach for voice in voices if voice.reach is not None]
    usual = sum(known) / len(known) if known else 1.0
    return [usual if voice.reach is None else voice.reach for voice in voices]


def _mean(voices: Sequence[Voice], weights: Sequence[float]) -> float:
    total = sum(weight * voice.feeling for voice, weight in zip(voices, weights, strict=True))
    return total / sum(weights)
