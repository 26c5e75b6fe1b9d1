"""Submissions and comments of Reddit, to posts."""

from __future__ import annotations

import html
from typing import Any

import msgspec

from producers.cleaning import instant_ms
from producers.live.posts import posts_of
from producers.registry import TokenRegistry
from schemas.events import Post

#: What stands in the place of a text that is gone.
_REMOVED = frozenset({"[removed]", "[deleted]"})


def read_thing(thing: dict[str, Any], tokens: TokenRegistry) -> list[Post]:
    """One post for each token named; none when it was removed.

    Raises:
        ValueError: it is neither submission nor comment.
    """
    said = msgspec.convert(thing, type=_Submission | _Comment).data
    urls: list[str] = []
    original = None
    if isinstance(said, _SubmissionData):
        parts = [said.title, said.selftext, *(each.selftext for each in said.crosspost_parent_list)]
        if said.url is not None and not said.is_self:
            urls = [said.url]
        original = said.crosspost_parent
        if said.removed_by_category is not None:
            return []
    else:
        parts = [said.body]
    if _REMOVED.intersection(parts):
        return []
    return posts_of(
        tokens,
        source="reddit",
        post_id=said.name,
        author=said.author,
        # Reddit escapes &, < and > wherever it was not asked to leave them alone.
        text=html.unescape("\n".join(part for part in parts if part)),
        time_ms=instant_ms(said.created_utc),
        urls=urls,
        group=f"r/{said.subreddit}",
        repost_of=original,
    )


class _Data(msgspec.Struct, kw_only=True):
    #: The fullname, with the kind before it: ``t1_…``, ``t3_…``.
    name: str
    author: str
    subreddit: str
    created_utc: float


class _Original(msgspec.Struct):
    selftext: str | None = None


class _SubmissionData(_Data, kw_only=True):
    title: str
    selftext: str | None = None
    url: str | None = None
    is_self: bool = False
    removed_by_category: str | None = None
    crosspost_parent: str | None = None
    crosspost_parent_list: list[_Original] = []


class _CommentData(_Data, kw_only=True):
    body: str


class _Submission(msgspec.Struct, tag_field="kind", tag="t3"):
    data: _SubmissionData


class _Comment(msgspec.Struct, tag_field="kind", tag="t1"):
    data: _CommentData
