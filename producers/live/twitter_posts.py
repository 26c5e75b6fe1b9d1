"""From X's JSON to posts."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator

import msgspec

from producers.cleaning.instants import instant_ms
from producers.live.base import Payload
from producers.live.posts import posts_of
from producers.registry import TokenRegistry
from producers.source import LONGEST_LETTER, Rejected
from schemas.events import Post

NAME = "twitter"
#: A line of the stream holds one post, a page of the search a list of them.
STREAM, SEARCH = "stream", "search"
#: Ids carry their time in ms since then; those below the first such id (2010) only count.
_SNOWFLAKE_EPOCH_MS = 1_288_834_974_657
_FIRST_SNOWFLAKE = 29_700_859_247


def snowflake(milliseconds: int) -> int:
    """The lowest id a post of that moment can have."""
    return max(0, milliseconds - _SNOWFLAKE_EPOCH_MS) << 22


def snowflake_ms(identifier: int) -> int:
    """The moment an id was given out, in ms since the epoch."""
    return (identifier >> 22) + _SNOWFLAKE_EPOCH_MS


def posts_in(payload: Payload, tokens: TokenRegistry) -> Iterable[Post | Rejected]:
    """The posts of a line or page, the oldest first, once for each token."""
    try:
        answer = msgspec.json.decode(payload.body, type=_Answer)
        listed = answer.data
        if payload.kind == STREAM:
            if not listed:
                raise ValueError("a line of X's stream without a post")
            found = [listed]
        else:
            # X lists the newest first.
            found = msgspec.json.decode(listed, type=list[msgspec.Raw])[::-1] if listed else []
    except ValueError as error:
        yield Rejected(
            reason=f"cannot read X's {payload.kind}: {error}", value=payload.body[:LONGEST_LETTER]
        )
        return
    for raw in found:
        try:
            yield from _posts(msgspec.json.decode(raw, type=_Tweet), answer.includes, tokens)
        except ValueError as error:
            yield Rejected(
                reason=f"cannot read a post of X: {error}", value=bytes(raw)[:LONGEST_LETTER]
            )


class _Url(msgspec.Struct):
    url: str = ""
    expanded_url: str = ""
    unwound_url: str = ""


class _Cashtag(msgspec.Struct):
    tag: str = ""


class _Entities(msgspec.Struct):
    urls: list[_Url] = []
    cashtags: list[_Cashtag] = []


class _Note(msgspec.Struct):
    text: str = ""
    entities: _Entities = msgspec.field(default_factory=_Entities)


class _Reference(msgspec.Struct):
    type: str
    id: str


class _Tweet(msgspec.Struct):
    id: str
    text: str
    author_id: str = ""
    created_at: str | None = None
    lang: str | None = None
    entities: _Entities = msgspec.field(default_factory=_Entities)
    note_tweet: _Note | None = None
    referenced_tweets: list[_Reference] = []

    def referred(self, kind: str) -> str | None:
        return next((each.id for each in self.referenced_tweets if each.type == kind), None)

    @property
    def full(self) -> _Note:
        """Its whole text: ``text`` is cut where a post is longer than 280 characters."""
        if self.note_tweet is not None and self.note_tweet.text:
            return self.note_tweet
        return _Note(self.text, self.entities)


class _Metrics(msgspec.Struct):
    followers_count: int | None = None


class _User(msgspec.Struct):
    id: str
    username: str
    created_at: str | None = None
    public_metrics: _Metrics = msgspec.field(default_factory=_Metrics)


class _Includes(msgspec.Struct):
    users: list[_User] = []
    tweets: list[_Tweet] = []


class _Answer(msgspec.Struct):
    data: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)
    includes: _Includes = msgspec.field(default_factory=_Includes)


def _posts(tweet: _Tweet, includes: _Includes, tokens: TokenRegistry) -> Iterator[Post]:
    users = {user.id: user for user in includes.users}
    others = {other.id: other for other in includes.tweets}
    repeated = tweet.referred("retweeted")
    quoted = others.get(tweet.referred("quoted") or "")
    # What is repeated stands in ``text`` behind ``RT @name:`` and is cut; the original is whole.
    said = others.get(repeated or "", tweet).full
    # Who quotes a post about a token speaks of it, but its words are the other's.
    named = [said.entities] if quoted is None else [said.entities, quoted.full.entities]
    author = users.get(tweet.author_id)
    yield from posts_of(
        tokens,
        source=NAME,
        post_id=tweet.id,
        author=author.username if author else tweet.author_id,
        text=_plain(said),
        time_ms=_time_ms(tweet),
        urls=[_target(url) for entities in named for url in entities.urls],
        cashtags=[cashtag.tag for entities in named for cashtag in entities.cashtags],
        language=tweet.lang,
        author_created_ms=_moment(author.created_at) if author else None,
        author_followers=author.public_metrics.followers_count if author else None,
        repost=repeated is not None,
        repost_of=repeated,
    )


def _plain(note: _Note) -> str:
    """The text with links as they lead: X shortens each to one of its own."""
    text = note.text
    for url in note.entities.urls:
        if url.url and (target := _target(url)):
            text = text.replace(url.url, target)
    return html.unescape(text)


def _target(url: _Url) -> str:
    return url.unwound_url or url.expanded_url


def _time_ms(tweet: _Tweet) -> int:
    """When it was posted: by its id, which has milliseconds, where ``created_at`` agrees."""
    told = _moment(tweet.created_at)
    if tweet.id.isdecimal() and (identifier := int(tweet.id)) >= _FIRST_SNOWFLAKE:
        by_id = snowflake_ms(identifier)
        if told is None or told // 1000 == by_id // 1000:
            return by_id
    if told is None:
        raise ValueError("a post without a time")
    return told


def _moment(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return instant_ms(text)
    except ValueError:
        return None
