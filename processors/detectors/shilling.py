"""Coordinated shilling: nearly the same post again and again, by accounts that are no crowd."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar
from zlib import crc32

from processors.detectors.base import Detector, FollowUp, Opening
from processors.detectors.statistics import DecayingMoments, DecayingRate
from processors.detectors.talk.copied_posts import Campaign, CopiedPosts, Said
from processors.detectors.talk.near_duplicates import sketch
from processors.detectors.talk.talk_watch import TalkWatch
from schemas.alerts import Evidence, Pattern
from schemas.events import Post
from schemas.times import parse_rfc3339
from schemas.topics import POSTS

_MINUTE_MS = 60_000
_DAY_MS = 86_400_000
#: Invitations to groups, at the messengers themselves and at names that begin like theirs. A link
#: to one message in a public channel is none.
_INVITE = re.compile(
    r"(?:^|[\s/.(])(?:t\.me|telegram\.(?:me|dog)|discord\.gg|discord(?:app)?\.com/invite"
    r"|chat\.whatsapp\.com|wa\.me|signal\.group)(?:\.[a-z]{2,})*/(?!s/|c/|\w+/\d)\S",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ShillingParameters:
    """Where the lines lie, and why there."""

    #: Milliseconds of posts that are judged together: a wave comes within minutes.
    span_ms: int = 300_000
    #: Posts kept of the span, and texts remembered of them; together about 15 kB at most.
    span_posts: int = 192
    texts: int = 48
    #: Resemblance from which a post is a copy; one changed word in a dozen leaves 0.7.
    alike: float = 0.55
    #: Posts that make a text a copied one; two people may say the same by chance.
    copies: int = 3
    #: Copied posts in the span at least.
    posts: int = 6
    #: Distinct authors of them at least; fewer are one person who repeats himself.
    authors: int = 3
    #: Times the usual number of copied posts: bots that repeat themselves are everywhere.
    ratio: float = 3.0
    #: Copied posts a minute taken as usual at least.
    rate_floor: float = 0.2
    #: Days below which an account is young.
    young_days: float = 30.0
    #: Share of young accounts taken as usual while none is known, and for how many posts it counts.
    young_share: float = 0.1
    prior_posts: float = 10.0
    #: Posts of the usual kind that are added to the copies: a few copies by chance are no proof.
    doubt: float = 2.0
    #: Probability that the copies are no crowd's at least; see ``Shilling``.
    suspicion: float = 0.5
    #: Copies' share in all posts of their authors at least: who also says other things talks.
    purity: float = 0.6
    #: Milliseconds after which a post counts half in what is usual: a day of habit.
    half_life_ms: int = 86_400_000
    #: Milliseconds after an alert in which no other is opened, and after which another one is
    #: only if there were few copies in between: otherwise it would be the same event.
    cool_down_ms: int = 600_000


PARAMETERS = ShillingParameters()


class Shilling(Detector[Post]):
    """Flag a burst of near-copies that marks of coordination tell from people passing on a text.

    Use: paid or bot-driven praise on any platform. The marks of the field's studies (Nizzoli and
    others 2020, "Charting the landscape of online cryptocurrency manipulation"; Pacheco and others
    2021, "Uncovering coordinated networks on social media"): young accounts, invite links, few
    authors who repeat themselves, each as far as it exceeds what is usual for the token, all joined
    by a noisy or (Pearl 1988): any one may do. A headline that people of all ages pass on has none
    of them. Honest reposts are no copies: a platform marks them. Weakness: old accounts that each
    say a copied text once and link nowhere pass as people; paraphrases are no copies; where a
    platform does not tell an account's age, that mark is missing.
    Parameters: ``ShillingParameters``.
    """

    pattern: ClassVar[Pattern] = "shilling"
    topic: ClassVar[str] = POSTS.name
    version: ClassVar[str] = "2"

    def __init__(self, parameters: ShillingParameters = PARAMETERS) -> None:
        self._parameters = parameters
        self._recent = CopiedPosts(
            parameters.span_ms,
            parameters.span_posts,
            parameters.texts,
            parameters.alike,
            parameters.copies,
        )
        self._young = DecayingMoments(parameters.half_life_ms)
        self._invites = DecayingMoments(parameters.half_life_ms)
        self._copies = DecayingRate(parameters.half_life_ms)
        self._mentions = DecayingRate(parameters.half_life_ms)
        self._quiet_until_ms = 0
        self._armed = True

    def observe(self, event: Post, time_ms: int) -> Opening | None:
        if event.repost:
            return None
        self._learn_what_left(time_ms)
        copied = self._recent.add(self._read(event, time_ms))
        if not self._armed:
            self._armed = self._recent.copied < self._parameters.posts
        if not copied or not self._armed or time_ms < self._quiet_until_ms:
            return None
        opening = self._judge(time_ms)
        if opening is not None:
            self._armed = False
            self._quiet_until_ms = time_ms + self._parameters.cool_down_ms
        return opening

    def follow(self, opening: Opening, time_ms: int) -> FollowUp:
        return TalkWatch(opening, time_ms, followed_score=0.05)

    def _read(self, event: Post, time_ms: int) -> Said:
        young: bool | None = None
        if event.author_created_at is not None:
            age_ms = time_ms - parse_rfc3339(event.author_created_at)
            young = age_ms < self._parameters.young_days * _DAY_MS
        return Said(
            time_ms=time_ms,
            author=crc32(event.author.encode()),
            young=young,
            invites=_INVITE.search(" ".join((event.text, *event.urls))) is not None,
            text=self._recent.place(sketch(event.text)),
        )

    def _learn_what_left(self, time_ms: int) -> None:
        while (left := self._recent.left(time_ms)) is not None:
            said, copied = left
            # A wave must not make waves usual: as much of it is learned as there was before.
            weight = 1.0
            if copied and self._recent.copied >= self._parameters.posts:
                weight = self._parameters.posts / self._recent.copied
            if said.young is not None:
                self._young.learn(float(said.young), said.time_ms, weight)
            self._invites.learn(float(said.invites), said.time_ms, weight)
            self._mentions.learn(said.time_ms, weight)
            self._copies.learn(said.time_ms, weight * copied)

    def _judge(self, time_ms: int) -> Opening | None:
        parameters = self._parameters
        usual_copies = self._usual_copies(time_ms)
        if self._recent.copied < max(parameters.posts, parameters.ratio * usual_copies):
            return None
        found = self._recent.campaign()
        if found is None or found.authors < parameters.authors:
            return None
        purity = found.posts / (found.posts + found.others)
        marks = self._marks(found)
        suspicion = 1.0 - marks.crowd
        if purity < parameters.purity or suspicion < parameters.suspicion:
            return None
        return Opening(
            score=suspicion,
            impact=min(1.0, found.posts / len(self._recent)),
            onset_ms=found.first_ms,
            phase="shilling",
            explanation=_explanation(found, time_ms, parameters.young_days),
            evidence=(
                Evidence(
                    feature="copied_posts",
                    value=float(found.posts),
                    baseline=usual_copies,
                    threshold=max(float(parameters.posts), parameters.ratio * usual_copies),
                    weight=0.3,
                ),
                *marks.evidence(found, parameters.suspicion),
                Evidence(
                    feature="copies_among_their_posts",
                    value=purity,
                    baseline=None,
                    threshold=parameters.purity,
                    weight=0.05,
                ),
                Evidence(
                    feature="mention_rate",
                    value=len(self._recent) / (parameters.span_ms / _MINUTE_MS),
                    baseline=self._mentions.per_minute(time_ms),
                    threshold=None,
                    weight=0.05,
                ),
            ),
        )

    def _usual_copies(self, time_ms: int) -> float:
        """Copied posts in a span."""
        rate = max(self._copies.per_minute(time_ms), self._parameters.rate_floor)
        return rate * self._parameters.span_ms / _MINUTE_MS

    def _marks(self, found: Campaign) -> _Marks:
        parameters = self._parameters
        usual_young = _share(
            self._young.mean * self._young.weight,
            self._young.weight,
            parameters.young_share,
            parameters.prior_posts,
        )
        usual_invites = _share(
            self._invites.mean * self._invites.weight,
            self._invites.weight,
            0.0,
            parameters.prior_posts,
        )
        return _Marks(
            young=_share(found.young, found.aged, usual_young, parameters.doubt),
            usual_young=usual_young,
            invites=_share(found.invites, found.posts, usual_invites, parameters.doubt),
            usual_invites=usual_invites,
            repeated=1.0 - found.authors / found.posts,
        )


@dataclass(frozen=True, slots=True)
class _Marks:
    """What tells a campaign from a crowd, as shares of the copies, and what is usual."""

    young: float
    usual_young: float
    invites: float
    usual_invites: float
    repeated: float

    @property
    def crowd(self) -> float:
        """The probability that the copies are a crowd's: none of the marks means anything."""
        young = _excess(self.young, self.usual_young)
        invites = _excess(self.invites, self.usual_invites)
        return (1.0 - young) * (1.0 - invites) * (1.0 - self.repeated)

    def evidence(self, found: Campaign, suspicion: float) -> tuple[Evidence, ...]:
        """Each mark with the threshold at which it would do alone."""
        return (
            Evidence(
                feature="young_accounts",
                value=self.young,
                baseline=self.usual_young,
                threshold=self.usual_young + suspicion * (1.0 - self.usual_young),
                weight=0.2,
            ),
            Evidence(
                feature="invite_links",
                value=self.invites,
                baseline=self.usual_invites,
                threshold=self.usual_invites + suspicion * (1.0 - self.usual_invites),
                weight=0.2,
            ),
            Evidence(
                feature="copies_an_author",
                value=found.posts / found.authors,
                baseline=1.0,
                threshold=1.0 / (1.0 - suspicion),
                weight=0.2,
            ),
        )


def _share(count: float, of: float, usual: float, prior: float) -> float:
    """A share with ``prior`` usual cases added to it."""
    return (count + prior * usual) / (of + prior)


def _excess(share: float, usual: float) -> float:
    """How far a share is from the usual towards one."""
    return max(0.0, (share - usual) / (1.0 - usual))


def _explanation(found: Campaign, time_ms: int, young_days: float) -> str:
    minutes = max(1, round((time_ms - found.first_ms) / _MINUTE_MS))
    marks = []
    if found.young:
        marks.append(f"{found.young} came from accounts less than {young_days:.0f} days old")
    if found.invites:
        marks.append(f"{found.invites} invite into a group")
    told = f"; {' and '.join(marks)}" if marks else ""
    return (
        f"{found.posts} posts by {found.authors} authors within {minutes} "
        f"minute{'s' if minutes > 1 else ''} say nearly the same{told}."
    )
