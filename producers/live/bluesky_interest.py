"""Which posts of all of Bluesky are kept."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

import aiohttp
import msgspec

from producers.cleaning.lookalikes import folded
from producers.live.base import AccessRefusedError, RateLimitedError
from producers.live.bluesky_posts import Commit, Frame, posts_of_frame
from producers.live.http import HttpClient
from producers.registry import RegisteredToken, TokenRegistry
from producers.registry.names import words_of
from producers.watch_list import WatchList

_log = logging.getLogger(__name__)

_RESOLVE = "xrpc/com.atproto.identity.resolveHandle"
#: All handles together; a server that does not answer must not keep the firehose waiting.
_LOOKUP_S = 20.0


class Interest:
    """Registered tokens, and the watch list's keywords and accounts. Pure but for ``refresh``."""

    def __init__(self, watch_list: WatchList, tokens: TokenRegistry) -> None:
        self._watch_list = watch_list
        self._tokens = tokens
        self._version: int | None = None
        self._keywords: tuple[str, ...] = ()
        self._authors: frozenset[str] = frozenset()
        self._did_of: dict[str, str] = {}
        self._registered_of: tuple[RegisteredToken, ...] = ()
        self._registered: frozenset[str] = frozenset()

    @property
    def is_stale(self) -> bool:
        """Whether the watch list has changed since the last ``refresh``."""
        return self._version != self._watch_list.version

    async def refresh(self, client: HttpClient, api_url: str) -> None:
        """Take up the watch list. A handle that cannot be looked up is told in the log."""
        self._version = self._watch_list.version
        keywords = (_spaced(entry.value) for entry in self._watch_list.of("keyword", "bluesky"))
        self._keywords = tuple(keyword for keyword in keywords if keyword.strip())
        accounts = {
            entry.value.removeprefix("@") for entry in self._watch_list.of("account", "bluesky")
        }
        handles = {name.lower() for name in accounts if not name.startswith("did:")}
        self._did_of = {handle: did for handle, did in self._did_of.items() if handle in handles}
        try:
            async with asyncio.timeout(_LOOKUP_S):
                for handle in sorted(handles - self._did_of.keys()):
                    await self._look_up(handle, client, api_url)
        except TimeoutError:
            _log.warning("%s does not answer: not all accounts at Bluesky are followed", api_url)
        self._authors = frozenset({*accounts, *self._did_of.values()})

    def wants(self, frame: Frame, commit: Commit) -> bool:
        """Whether a new post is kept.

        Raises:
            ValueError: it cannot be read.
        """
        posts = posts_of_frame(frame, commit, self._tokens)
        if frame.did in self._authors:
            return True
        registered = self._known()
        if any(post.token in registered for post in posts):
            return True
        return bool(self._keywords) and self._has_keyword(commit)

    def _known(self) -> frozenset[str]:
        tokens = self._tokens.tokens
        if tokens is not self._registered_of:
            self._registered_of = tokens
            self._registered = frozenset(token.token for token in tokens)
        return self._registered

    def _has_keyword(self, commit: Commit) -> bool:
        text = _spaced(msgspec.json.decode(commit.record, type=_Text).text)
        return any(keyword in text for keyword in self._keywords)

    async def _look_up(self, handle: str, client: HttpClient, api_url: str) -> None:
        try:
            answer = await client.get(
                f"{api_url.rstrip('/')}/{_RESOLVE}", params={"handle": handle}
            )
            self._did_of[handle] = msgspec.json.decode(answer.body, type=_Identity).did
        except (aiohttp.ClientError, RateLimitedError, AccessRefusedError, ValueError) as error:
            _log.warning("the Bluesky account %s is not followed: %s", handle, error)


class _Text(msgspec.Struct):
    text: str = ""


class _Identity(msgspec.Struct):
    did: str


def _spaced(text: str) -> str:
    """Its words between blanks, so that whole words are found."""
    words: Iterable[str] = words_of(folded(text))
    return f" {' '.join(words)} "
