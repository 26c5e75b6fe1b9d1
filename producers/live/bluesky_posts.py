"""From Jetstream's frames to posts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from producers.cleaning.instants import instant_ms
from producers.live.base import Payload
from producers.live.posts import posts_of
from producers.registry import TokenRegistry
from producers.source import LONGEST_LETTER, Rejected
from schemas.events import Post

NAME = "bluesky"
COLLECTION = "app.bsky.feed.post"
FRAME = "frame"
#: Who brings posts over from elsewhere dates them back by years; a wrong clock does not.
_IMPORTED_MS = 86_400_000


class Frame(msgspec.Struct):
    """What every frame has, and what tells whether it is a new post."""

    did: str
    time_us: int
    kind: str
    commit: Commit | None = None

    @property
    def is_new_post(self) -> bool:
        """Changed and deleted posts are none: what was said was said."""
        commit = self.commit
        return (
            commit is not None and commit.operation == "create" and commit.collection == COLLECTION
        )


class Commit(msgspec.Struct):
    """``record`` is as its author's client wrote it: nobody has checked it."""

    operation: str
    collection: str
    rkey: str
    record: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)


def frame_of(body: bytes) -> Frame:
    """Raises ``ValueError`` with a reason when the bytes are no frame."""
    return _frame.decode(body)


def posts_in(payload: Payload, tokens: TokenRegistry) -> Iterable[Post | Rejected]:
    """The post of a frame, once for each token it means."""
    try:
        frame = frame_of(payload.body)
        if frame.commit is None or not frame.is_new_post:
            return []
        return posts_of_frame(frame, frame.commit, tokens)
    except ValueError as error:
        reason = f"cannot read a frame of Jetstream: {error}"
        return [Rejected(reason=reason, value=payload.body[:LONGEST_LETTER])]


def posts_of_frame(frame: Frame, commit: Commit, tokens: TokenRegistry) -> list[Post]:
    """The new post of a frame, once for each token.

    Its time is Jetstream's: the author's own (``createdAt``) may be anything. Only a post dated
    back by more than a day has that time, because Bluesky shows it there and nobody as new.

    Raises:
        ValueError: the record is no post, or its time is none.
    """
    record = msgspec.json.decode(commit.record, type=_Record)
    time_ms = frame.time_us // 1000
    told_ms = _moment(record.created_at)
    if told_ms is not None and told_ms < time_ms - _IMPORTED_MS:
        time_ms = told_ms
    tags = [tag for feature in record.features if (tag := feature.tag)]
    text = record.text
    if unseen := [tag for tag in record.tags if f"#{tag}".casefold() not in text.casefold()]:
        # Tags that stand beside the text are shown below it.
        text = f"{text}\n{' '.join(f'#{tag}' for tag in unseen)}"
    return posts_of(
        tokens,
        source=NAME,
        post_id=f"{frame.did}/{commit.rkey}",
        author=frame.did,
        text=text,
        time_ms=time_ms,
        urls=record.links,
        cashtags=[tag for tag in tags if tag.startswith("$")],
        language=record.langs[0] if record.langs else None,
    )


class _Feature(msgspec.Struct):
    uri: str = ""
    tag: str = ""


class _Facet(msgspec.Struct):
    features: list[_Feature] = []


class _Record(msgspec.Struct, rename="camel"):
    text: str
    created_at: str | None = None
    langs: list[str] = []
    tags: list[str] = []
    facets: list[_Facet] = []
    #: Pictures, a link's card, another record, or both; only links are looked for.
    embed: dict[str, Any] | None = None

    @property
    def features(self) -> list[_Feature]:
        return [feature for facet in self.facets for feature in facet.features]

    @property
    def links(self) -> list[str]:
        """Where its text and its card lead: the text shows links cut short."""
        found = [feature.uri for feature in self.features if feature.uri]
        for holder in (self.embed, (self.embed or {}).get("media")):
            card = holder.get("external") if isinstance(holder, dict) else None
            uri = card.get("uri") if isinstance(card, dict) else None
            if isinstance(uri, str):
                found.append(uri)
        return list(dict.fromkeys(found))


_frame = msgspec.json.Decoder(Frame)


def _moment(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return instant_ms(text)
    except ValueError:
        return None
