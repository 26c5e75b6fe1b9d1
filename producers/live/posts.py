"""From what a source of posts heard to the posts of the contract, one for each token named."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from producers.cleaning import (
    canonical_links,
    canonical_url,
    language_code,
    language_of,
    normal_text,
    read_html,
    reposted_author,
    without_invisible,
)
from producers.cleaning.links import MOST_LINKS
from producers.registry import TokenRegistry
from producers.registry.naming import naming_of
from producers.registry.resolution import mentions_of
from schemas.events import Post
from schemas.times import EARLIEST_MS, LATEST_MS, rfc3339

LONGEST_TEXT = 20_000
LONGEST_IDENTIFIER = 512
MOST_NAMED = 64
#: Whoever wrote it is not told: an account was deleted, a page has no byline.
NOBODY = "unknown"


def posts_of(
    tokens: TokenRegistry,
    *,
    source: str,
    post_id: str,
    author: str,
    text: str,
    time_ms: int,
    html: bool = False,
    urls: Sequence[str] = (),
    cashtags: Sequence[str] = (),
    contracts: Sequence[str] = (),
    language: str | None = None,
    group: str | None = None,
    author_created_ms: int | None = None,
    author_followers: int | None = None,
    repost: bool = False,
    repost_of: str | None = None,
) -> list[Post]:
    """The cleaned post once for each token it means, surest first; empty when it means none.

    ``urls``, ``cashtags`` and ``contracts`` are what the feed itself says of the text; more are
    found in it. ``language`` is the feed's code; without one it is guessed. Any text is taken.

    Raises:
        ValueError: ``post_id`` is empty, or ``time_ms`` lies outside 2009..2100.
    """
    if not post_id:
        raise ValueError("a post without an id")
    if not EARLIEST_MS <= time_ms < LATEST_MS:
        raise ValueError(f"a post outside 2009..2100: {time_ms} ms")
    embedded: list[str] = []
    if html:
        text, embedded = read_html(text)
    text, in_text = canonical_links(normal_text(text)[:LONGEST_TEXT])
    # A keycap that stood at the end of a link has lost what it was drawn around.
    text = without_invisible(text)
    given = [url for said in urls[:MOST_LINKS] if (url := canonical_url(said))]
    links = list(dict.fromkeys([*given, *embedded, *in_text]))[:MOST_LINKS]
    naming = naming_of(text, cashtags[:MOST_NAMED], contracts[:MOST_NAMED], links)
    mentions = mentions_of(tokens, naming)
    if not mentions:
        return []
    spoken = language_code(language) or language_of(text)
    identity = _identifier(post_id)
    created_at = _time(author_created_ms)
    followers = author_followers if author_followers is not None and author_followers >= 0 else None
    return [
        Post(
            id=_record_id(source, post_id, mention.token),
            token=mention.token,
            symbol=mention.symbol,
            event_time=rfc3339(time_ms),
            source=source,
            post_id=identity,
            author=_identifier(author.strip()) or NOBODY,
            text=text[:LONGEST_TEXT],
            author_created_at=created_at,
            author_followers=followers,
            language=spoken,
            urls=links,
            cashtags=list(naming.cashtags[:MOST_NAMED]),
            contracts=list(naming.addresses[:MOST_NAMED]),
            group=_identifier(group) if group else None,
            repost=repost or repost_of is not None or reposted_author(text) is not None,
            repost_of=_identifier(repost_of) if repost_of else None,
            confidence=mention.confidence,
        )
        for mention in mentions
    ]


def _record_id(source: str, post_id: str, token: str) -> str:
    identity = f"{source}:{_escaped(post_id)}:{token}"
    if len(identity) <= LONGEST_IDENTIFIER:
        return identity
    # A web page's id is its address, and may be longer than all the rest.
    return _identifier(f"{source}:{_digest(post_id)}:{token}")


def _identifier(text: str) -> str:
    """The text, or, where the contract does not take it, one as distinct."""
    text = _escaped(text)
    if len(text) <= LONGEST_IDENTIFIER:
        return text
    return text[: LONGEST_IDENTIFIER - 65] + "~" + _digest(text)


def _escaped(text: str) -> str:
    """Lone surrogates and NUL are written out: no database takes them, no two ids become one."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def _time(milliseconds: int | None) -> str | None:
    if milliseconds is None or not EARLIEST_MS <= milliseconds < LATEST_MS:
        return None
    return rfc3339(milliseconds)
