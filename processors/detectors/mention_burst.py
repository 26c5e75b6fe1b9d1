"""Far more people talk about a token than usual, whatever they say.

Unlike ``sentiment_spike`` it does not care how they feel: a viral post with answers of all kinds,
a headline that everybody passes on and a wave of shills are all bursts of mentions.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import ClassVar

from processors.detectors.base import Detector, FollowUp, Opening
from processors.detectors.statistics import DecayingMoments, squash
from processors.detectors.talk.distinct_authors import DistinctAuthors
from processors.detectors.talk.talk_watch import TalkWatch
from schemas.alerts import Evidence, Pattern
from schemas.events import Post
from schemas.topics import POSTS


@dataclass(frozen=True, slots=True)
class MentionBurstParameters:
    """Where the lines lie, and why there."""

    #: Milliseconds of posts that are judged together: bursts build up within minutes.
    span_ms: int = 300_000
    #: Authors of the span that are told apart; beyond, a sample of them is.
    span_authors: int = 256
    #: Milliseconds between two looks at what is usual.
    step_ms: int = 60_000
    #: Half-lives of the usual number of authors: two hours and six. The higher of both
    #: counts, so that a lively evening is no burst in its second hour, nor a morning after a
    #: quiet night.
    short_half_life_ms: int = 7_200_000
    long_half_life_ms: int = 21_600_000
    #: Looks before anything may alert: an hour of habit.
    grace_steps: int = 60
    #: Distinct authors in the span at least; fewer are an accident.
    authors: int = 8
    #: Times the usual number of authors: a lively quarter of an hour has three times as many.
    ratio: float = 4.0
    #: Standard deviations above the usual, of the number's root: see ``MentionBurst``.
    burst: float = 4.0
    #: Authors in a span taken as usual at least, so that a silent token's third is no burst.
    authors_floor: float = 0.5
    #: Standard deviations at which looks are cut off for learning, so that one burst does not hide
    #: the next (winsorising).
    learned: float = 1.0
    #: Milliseconds after an alert in which no other is opened, and after which another one is
    #: only if the talk had calmed down in between: otherwise it would be the same event.
    cool_down_ms: int = 600_000
    #: Times the usual number of authors at which the talk has calmed down.
    calm_ratio: float = 2.0


PARAMETERS = MentionBurstParameters()
#: A silence longer than this is learned as one this long.
_LONGEST_SILENCE_STEPS = 720
#: The deviation of a Poisson count's root; mentions never vary less.
_POISSON = 1.0


class MentionBurst(Detector[Post]):
    """Flag a burst of people who mention a token against the token's own rhythm, post by post.

    Use: tokens that are mentioned at all; it counts people, not posts, so that one who posts on
    and on is one. Weakness: one person with many accounts is a crowd, and a rise over hours is
    learned as usual. The number of distinct authors of a sliding span is looked at once a minute
    and learned by exponential moments (Finch 2009) a span later, so that a burst is never measured
    against itself. River's ``EWMean`` begins at its first value and carries that for hours; these
    weigh what they have seen alike until then. The deviation is measured, not assumed: mentions
    come in clusters, and a Poisson count's would be too small (Kleinberg 2002, "Bursty and
    hierarchical structure in streams"). Nothing knows the hour of the day.
    Parameters: ``MentionBurstParameters``.
    """

    pattern: ClassVar[Pattern] = "mention_burst"
    topic: ClassVar[str] = POSTS.name
    version: ClassVar[str] = "2"

    def __init__(self, parameters: MentionBurstParameters = PARAMETERS) -> None:
        self._parameters = parameters
        self._span = DistinctAuthors(parameters.span_ms, parameters.span_authors)
        self._habits = (
            _Habit(parameters, parameters.short_half_life_ms),
            _Habit(parameters, parameters.long_half_life_ms),
        )
        #: Looks of the last span, not learned yet.
        self._looks: deque[tuple[int, int]] = deque()
        self._next_look_ms: int | None = None
        self._looked = 0
        self._quiet_until_ms = 0
        self._armed = True

    def observe(self, event: Post, time_ms: int) -> Opening | None:
        self._look_until(time_ms)
        if not self._armed:
            # Before this post: in a silent token's calm it would be too much itself.
            self._span.forget(time_ms)
            self._armed = self._span.authors <= self._parameters.calm_ratio * self._usual()
        self._span.add(event.author, time_ms)
        if self._looked < self._parameters.grace_steps:
            return None
        authors = self._span.authors
        if not self._armed or time_ms < self._quiet_until_ms:
            return None
        opening = self._judge(authors)
        if opening is not None:
            self._armed = False
            self._quiet_until_ms = time_ms + self._parameters.cool_down_ms
        return opening

    def follow(self, opening: Opening, time_ms: int) -> FollowUp:
        return TalkWatch(opening, time_ms)

    def _usual(self) -> float:
        """The usual number of distinct authors in a span."""
        root = max(habit.mean for habit in self._habits)
        return max(_squared(root), self._parameters.authors_floor)

    def _look_until(self, time_ms: int) -> None:
        """Take the looks that are due before this post, silent minutes included."""
        parameters = self._parameters
        if self._next_look_ms is None:
            # The first look comes when a whole span has been seen.
            self._next_look_ms = time_ms + parameters.span_ms
        silent = (time_ms - self._next_look_ms) // parameters.step_ms - _LONGEST_SILENCE_STEPS
        if silent > 0:
            self._next_look_ms += silent * parameters.step_ms
        while self._next_look_ms <= time_ms:
            self._span.forget(self._next_look_ms)
            self._looks.append((self._next_look_ms, self._span.authors))
            if len(self._looks) * parameters.step_ms > parameters.span_ms:
                self._learn(*self._looks.popleft())
            self._next_look_ms += parameters.step_ms

    def _learn(self, time_ms: int, authors: int) -> None:
        for habit in self._habits:
            habit.learn(_root(authors), time_ms)
        self._looked = min(self._looked + 1, self._parameters.grace_steps)

    def _judge(self, authors: int) -> Opening | None:
        parameters = self._parameters
        usual = self._usual()
        ratio = authors / usual
        if authors < parameters.authors or ratio < parameters.ratio:
            return None
        deviation = max(habit.deviation for habit in self._habits)
        burst = (_root(authors) - _root(usual)) / deviation
        if burst < parameters.burst:
            return None
        posts = self._span.posts
        span_minutes = parameters.span_ms / 60_000
        return Opening(
            score=squash(burst, parameters.burst),
            impact=1.0 - 1.0 / ratio,
            onset_ms=self._span.since_ms(usual),
            phase="burst",
            explanation=(
                f"{authors} people wrote {posts} posts within {span_minutes:.0f} minutes, "
                f"{ratio:.1f} times as many people as usual."
            ),
            evidence=(
                Evidence(
                    feature="distinct_authors",
                    value=float(authors),
                    baseline=usual,
                    threshold=max(parameters.ratio * usual, float(parameters.authors)),
                    weight=0.5,
                ),
                Evidence(
                    feature="authors_deviation",
                    value=burst,
                    baseline=0.0,
                    threshold=parameters.burst,
                    weight=0.4,
                ),
                Evidence(
                    feature="mention_rate",
                    value=posts / span_minutes,
                    baseline=usual / span_minutes,
                    threshold=None,
                    weight=0.1,
                ),
            ),
        )


class _Habit:
    """The usual root of a number of authors and how much it varies, recent looks counting most.

    The deviation is that of the looks below the mean: bursts only go up, and however many there
    were, they do not make the next one look ordinary.
    """

    def __init__(self, parameters: MentionBurstParameters, half_life_ms: int) -> None:
        self._parameters = parameters
        self._roots = DecayingMoments(half_life_ms)
        self._below = DecayingMoments(half_life_ms)

    @property
    def mean(self) -> float:
        return self._roots.mean

    @property
    def deviation(self) -> float:
        return max(math.sqrt(self._below.mean), _POISSON)

    def learn(self, root: float, time_ms: int) -> None:
        usual = self.mean
        if root < usual:
            self._below.learn((usual - root) ** 2, time_ms)
        if self._roots.weight >= self._parameters.grace_steps / 2:
            root = min(root, usual + self._parameters.learned * self.deviation)
        # Before that nothing is known to tell a burst by, and all is taken as it is.
        self._roots.learn(root, time_ms)


def _root(count: float) -> float:
    """Anscombe's root (1948): of Poisson counts it has a deviation of one, whatever their mean."""
    return 2.0 * math.sqrt(count + 0.375)


def _squared(root: float) -> float:
    """The count of which this is the root."""
    return max(0.0, root * root / 4.0 - 0.375)
