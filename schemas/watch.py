"""What an operator watches: tokens, accounts, keywords and pools; shared by API and producers."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

WatchKind = Literal["token", "account", "keyword", "pool"]
WATCH_KINDS: tuple[WatchKind, ...] = ("token", "account", "keyword", "pool")

_Text = Annotated[str, Meta(min_length=1, max_length=256)]


class WatchEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing to follow. ``value`` and ``source`` or ``chain`` together say what it is:

    * ``token``: a contract address on ``chain``, or a ticker without one; ``symbol``, ``name`` and
      ``decimals`` are what the registry shall know of it;
    * ``account``: who posts, as ``source`` names them (``twitter``, ``bluesky``, ``reddit``,
      ``telegram``); a subreddit or channel is ``r/…`` or the channel's public name;
    * ``keyword``: words to look for in posts;
    * ``pool``: the address of a pool on ``chain``, for ``token``.
    """

    kind: WatchKind
    value: _Text
    source: _Text | None = None
    chain: _Text | None = None
    token: _Text | None = None
    symbol: _Text | None = None
    name: _Text | None = None
    decimals: Annotated[int, Meta(ge=0, le=255)] | None = None

    @property
    def identity(self) -> tuple[str, str, str]:
        """Two entries of equal identity are one."""
        return (self.kind, self.source or self.chain or "", self.value.casefold())
