"""A token's posts: a crowd that talks in clusters, bots that repeat themselves, and scenarios."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass

from producers.simulated.batch import POST_RANK, Batch
from producers.simulated.dice import Dice, dice, digest
from producers.simulated.moods import Writer
from producers.simulated.people import People
from producers.simulated.plan import Mood, Plan, Remark
from producers.simulated.profiles import Profile
from producers.simulated.stamps import stamp
from schemas.events import Post

_MINUTE_MS = 60_000
_PLATFORMS = ("sim-twitter", "sim-twitter", "sim-telegram", "sim-reddit")
#: A post draws an answer this often, half a minute later on average: chatter comes in clusters.
_ANSWERED = 0.22
_ANSWER_AFTER_MS = 30_000.0
_BOUND_PENDING = 500
#: Post numbers are time and a scattered count, as on the platforms: unique within a token.
_SEQUENCE_BITS = 22
_STRIDE = 2_654_435
_BOT_TEXTS = (
    "{s} price alert set. Free charts and alerts for {s} in our channel",
    "Track {s} holders and volume live on our dashboard",
    "{s} hourly report: see pinned post for price, volume and holders",
    "Trending now: {s}. Updated every few minutes",
)


@dataclass(slots=True)
class _Bot:
    """An account that posts one text over and over."""

    next_ms: int
    every_ms: int
    text: str


class Chatter:
    """One token's posts. ``slice`` is called with adjoining slices of time."""

    def __init__(
        self,
        market: str,
        profile: Profile,
        start_ms: int,
        people: People,
        writer: Writer,
    ) -> None:
        self._profile = profile
        self._people = people
        self._writer = writer
        self._dice = dice(market, start_ms, profile.token, "chatter")
        self._pending: list[tuple[int, int, Mood]] = []
        self._count = 0
        self._drift = 0.0
        self._offset = int.from_bytes(digest(market, start_ms, profile.token, size=4), "big")
        bots = self._dice.whole(0, 2)
        self._bots = [_make_bot(self._dice, profile.symbol, start_ms) for _ in range(bots)]

    def slice(self, start_ms: int, end_ms: int, plan: Plan | None, batch: Batch) -> None:
        """Add the posts of ``[start_ms, end_ms)``."""
        chance = self._dice
        minutes = (end_ms - start_ms) / _MINUTE_MS
        self._drift += -0.02 * minutes * self._drift + 0.03 * math.sqrt(minutes) * chance.gauss(
            0.0, 1.0
        )
        rate = self._profile.posts * self._profile.rhythm(start_ms) * (1 - _ANSWERED)
        if plan is not None:
            rate *= math.exp(plan.chatter.at(start_ms))
        span = end_ms - start_ms
        for _ in range(chance.poisson(rate * minutes)):
            self._queue(start_ms + int(span * chance.random()), self._mood())
        while self._pending and self._pending[0][0] < end_ms:
            at_ms, _, mood = heapq.heappop(self._pending)
            self._post(Remark(at_ms, mood, "usual", repost=chance.random() < 0.08), batch)
            if chance.random() < _ANSWERED:
                same = chance.random() < 0.5
                self._queue(
                    at_ms + 1 + int(chance.waiting(_ANSWER_AFTER_MS)),
                    mood if same else self._mood(),
                )
        for bot in self._bots:
            while bot.next_ms < end_ms:
                self._post(Remark(bot.next_ms, "neutral", "usual", text=bot.text), batch)
                bot.next_ms += int(bot.every_ms * (0.95 + 0.1 * chance.random()))
        if plan is not None:
            for remark in plan.remarks_before(end_ms):
                self._post(remark, batch)

    def _queue(self, at_ms: int, mood: Mood) -> None:
        if len(self._pending) < _BOUND_PENDING:
            self._count += 1
            heapq.heappush(self._pending, (at_ms, self._count, mood))

    def _mood(self) -> Mood:
        """How an ordinary post feels: mostly mild, a little after the token's mood."""
        draw = self._dice.random() - (self._profile.mood + self._drift) * 0.5
        if draw < 0.12:
            return "ecstatic"
        if draw < 0.36:
            return "glad"
        if draw < 0.74:
            return "neutral"
        return "worried" if draw < 0.92 else "furious"

    def _post(self, remark: Remark, batch: Batch) -> None:
        profile, chance = self._profile, self._dice
        author = self._people.somebody(chance, remark.crowd, remark.regular)
        text = remark.text
        if text is None:
            if remark.crowd == "news":
                text = self._writer.news(chance, profile.symbol)
            else:
                text = self._writer.post(chance, profile.symbol, remark.mood)
        source = chance.pick(_PLATFORMS)
        self._count += 1
        low = (self._offset + self._count * _STRIDE) % (1 << _SEQUENCE_BITS)
        number = str((remark.at_ms << _SEQUENCE_BITS) | low)
        identity = f"{source}:{number}:{profile.token}"
        post = Post(
            id=identity,
            token=profile.token,
            symbol=profile.symbol,
            event_time=stamp(remark.at_ms),
            source=source,
            post_id=number,
            author=author.name,
            text=text,
            author_created_at=author.created_at,
            author_followers=author.followers,
            language="en",
            urls=[] if remark.url is None else [remark.url],
            repost=remark.repost,
            repost_of=remark.repost_of,
        )
        batch.append((remark.at_ms, POST_RANK, identity, post))


def _make_bot(chance: Dice, symbol: str, start_ms: int) -> _Bot:
    every_ms = int(chance.spread(5, 30) * _MINUTE_MS)
    text = chance.pick(_BOT_TEXTS).replace("{s}", f"${symbol}")
    return _Bot(start_ms + int(every_ms * chance.random()), every_ms, text)
