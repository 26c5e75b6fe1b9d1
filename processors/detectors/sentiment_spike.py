"""A burst of posts that nearly all feel the same way, far from how the token is usually spoken of.

Both ways count: hype and panic. A viral post with answers of all kinds is a burst without a
direction; a steady fan club is a direction without a burst.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import ClassVar
from zlib import crc32

from processors.detectors.base import Detector, FollowUp, Opening, Revision, TokenView
from processors.detectors.recent import since
from processors.detectors.statistics import DecayingMoments, DecayingRate, squash
from processors.detectors.talk.talk_watch import TalkWatch
from processors.sentiment import sentiment
from schemas.alerts import Evidence, Pattern
from schemas.events import Post
from schemas.topics import POSTS


@dataclass(frozen=True, slots=True)
class SentimentSpikeParameters:
    """Where the lines lie, and why there."""

    #: Milliseconds of posts that are judged together: bursts build up within minutes.
    span_ms: int = 300_000
    #: Posts kept of the span; a burst beyond it is a burst anyway.
    span_posts: int = 256
    #: Milliseconds after which a post counts half in the baseline: a few hours of habit.
    half_life_ms: int = 14_400_000
    #: Posts learned before anything may alert: enough for a mean and a deviation.
    grace_posts: int = 15
    #: Posts in the span at least; fewer are an accident.
    posts: int = 8
    #: Distinct authors at least; one loud person is no crowd.
    authors: int = 6
    #: Standard deviations of a Poisson count above the usual number of posts.
    burst: float = 4.0
    #: Times the usual rate; a busy token reaches significance with a small rise.
    ratio: float = 2.5
    #: The part of the way that the mean sentiment has gone from the token's usual one to the utmost
    #: (±1): a usually happy crowd has not far to go, and people who pass on news go a third of it.
    shift: float = 0.4
    #: The same shift in standard errors of a mean of that many posts.
    shift_errors: float = 2.5
    #: Geometric mean of both deviations, the burst's and the shift's: where one is weak the other
    #: must be the stronger.
    strength: float = 4.2
    #: Least standard deviation of one post's sentiment; nobody feels the same in every post.
    deviation_floor: float = 0.2
    #: Posts a minute taken as usual at least, so that a silent token's third post is no burst.
    rate_floor: float = 0.1
    #: Mean sentiment of the span at least, in its direction: a usually happy crowd that turns
    #: mixed is no panic.
    feeling: float = 0.3
    #: Posts beyond this many times the usual are not learned as usual, so that one burst does not
    #: hide the next (winsorising).
    learned_ratio: float = 3.0
    #: Milliseconds after an alert in which no other is opened, and after which another one is
    #: only if the talk had calmed down in between: otherwise it would be the same event.
    cool_down_ms: int = 600_000
    #: Times the usual rate at which the talk has calmed down.
    calm_ratio: float = 2.5


PARAMETERS = SentimentSpikeParameters()


class SentimentSpike(Detector[Post]):
    """Flag a one-sided burst of posts against the token's own baseline, post by post.

    Use: tokens that are mentioned at all. Weakness: irony, languages but English, and a
    rise over many hours, which is learned as usual. The span is compared with what lies before
    it: a post is learned when it leaves the span. Sentiment is that of ``processors.sentiment``;
    the burst is a Poisson count's z (Kleinberg 2002 for why rates, not counts, tell bursts).
    Parameters: ``SentimentSpikeParameters``.
    """

    pattern: ClassVar[Pattern] = "sentiment_spike"
    topic: ClassVar[str] = POSTS.name
    version: ClassVar[str] = "3"

    def __init__(self, parameters: SentimentSpikeParameters = PARAMETERS) -> None:
        self._parameters = parameters
        self._span: deque[_Mention] = deque()
        self._rate = DecayingRate(parameters.half_life_ms)
        self._feeling = DecayingMoments(parameters.half_life_ms)
        self._quiet_until_ms = 0
        self._armed = True

    def observe(self, event: Post, time_ms: int) -> Opening | None:
        self._span.append(_Mention(time_ms, sentiment(event.text), crc32(event.author.encode())))
        self._learn_what_left(time_ms)
        if self._feeling.weight < self._parameters.grace_posts:
            return None
        usual_posts = self._usual_rate(time_ms) * self._parameters.span_ms / 60_000
        if not self._armed:
            self._armed = len(self._span) <= self._parameters.calm_ratio * usual_posts
        if not self._armed or time_ms < self._quiet_until_ms:
            return None
        opening = self._judge(usual_posts)
        if opening is not None:
            self._armed = False
            self._quiet_until_ms = time_ms + self._parameters.cool_down_ms
        return opening

    def follow(self, opening: Opening, time_ms: int) -> FollowUp:
        return MoodWatch(opening, time_ms)

    def _usual_rate(self, time_ms: int) -> float:
        """Posts a minute before the span."""
        rate = self._rate.per_minute(time_ms - self._parameters.span_ms)
        return max(rate, self._parameters.rate_floor)

    def _learn_what_left(self, time_ms: int) -> None:
        parameters = self._parameters
        horizon = time_ms - parameters.span_ms
        while self._span[0].time_ms <= horizon or len(self._span) > parameters.span_posts:
            accepted = (
                parameters.learned_ratio
                * max(self._rate.per_minute(horizon), parameters.rate_floor)
                * (parameters.span_ms / 60_000)
            )
            weight = min(1.0, accepted / len(self._span))
            if self._rate.observed_ms(horizon) < parameters.span_ms:
                weight = 1.0
            left = self._span.popleft()
            self._rate.learn(left.time_ms, weight)
            self._feeling.learn(left.feeling, left.time_ms, weight)

    def _judge(self, usual_posts: float) -> Opening | None:
        parameters = self._parameters
        posts = len(self._span)
        if posts < parameters.posts:
            return None
        span_minutes = parameters.span_ms / 60_000
        usual_rate = usual_posts / span_minutes
        ratio = posts / usual_posts
        burst = (posts - usual_posts) / math.sqrt(usual_posts)
        if burst < parameters.burst or ratio < parameters.ratio:
            return None
        usual_feeling = self._feeling.mean
        feeling = sum(mention.feeling for mention in self._span) / posts
        shift = feeling - usual_feeling
        way = math.copysign(1.0, shift)
        shift_errors = (
            abs(shift) * math.sqrt(posts) / self._feeling.deviation(parameters.deviation_floor)
        )
        least = parameters.shift * (way - usual_feeling)
        if abs(shift) < abs(least) or shift_errors < parameters.shift_errors:
            return None
        strength = math.sqrt(burst * shift_errors)
        if way * feeling < parameters.feeling or strength < parameters.strength:
            return None
        authors = len({mention.author for mention in self._span})
        if authors < parameters.authors:
            return None
        return Opening(
            score=squash(strength, parameters.strength),
            impact=1.0 - 1.0 / ratio,
            onset_ms=self._span[0].time_ms,
            phase="hype" if shift > 0 else "panic",
            explanation=(
                f"{posts} posts by {authors} authors within {span_minutes:.0f} minutes, "
                f"{ratio:.1f} times the usual rate, and they turned clearly "
                f"{'positive' if shift > 0 else 'negative'} (mean sentiment {feeling:+.2f}, "
                f"usually {usual_feeling:+.2f})."
            ),
            evidence=(
                Evidence(
                    feature="mention_rate",
                    value=posts / span_minutes,
                    baseline=usual_rate,
                    threshold=parameters.ratio * usual_rate,
                    weight=0.4,
                ),
                Evidence(
                    feature="mean_sentiment",
                    value=feeling,
                    baseline=usual_feeling,
                    threshold=usual_feeling + least,
                    weight=0.4,
                ),
                Evidence(
                    feature="distinct_authors",
                    value=float(authors),
                    baseline=None,
                    threshold=float(parameters.authors),
                    weight=0.2,
                ),
            ),
        )


@dataclass(frozen=True, slots=True)
class _Mention:
    time_ms: int
    feeling: float
    #: A checksum: names may be long, and a rare double only lowers the count of authors.
    author: int


class MoodWatch(TalkWatch):
    """Does the price go where the mood does, is it mostly bots that talk, and when is it over?

    Bots are told and leave the score alone: a made burst is a burst, and in simulated markets
    those that are mostly copies were right more often than others, not less.
    """

    #: The talk is mostly bots' when so much of it does not count; after news a tenth does not.
    made_share: ClassVar[float] = 0.5

    def __init__(self, opening: Opening, time_ms: int) -> None:
        super().__init__(
            opening,
            time_ms,
            followed_score=0.1,
            rising=opening.phase == "hype",
            words=("follows", "opposes"),
        )
        self._made = False

    def review(self, view: TokenView, now_ms: int) -> Revision | None:
        made = self._sees_bots(view, now_ms)
        revision = super().review(view, now_ms)
        return self._revision("open", None) if made and revision is None else revision

    def _sees_bots(self, view: TokenView, now_ms: int) -> bool:
        """Whether it now turns out that most of the talk is copies, few authors, young accounts."""
        if self._made:
            return False
        newest = next(since(view, "sentiment", now_ms - 60_000), None)
        share = newest[1].values.get("bot_share", 0.0) if newest is not None else 0.0
        if share < self.made_share:
            return False
        self._made = True
        self._explanation += (
            f" {share:.0%} of the talk is copies, posts of the same authors or of young accounts."
        )
        self._evidence += (
            Evidence(
                feature="bot_share",
                value=share,
                baseline=None,
                threshold=self.made_share,
                weight=0.1,
            ),
        )
        return True
