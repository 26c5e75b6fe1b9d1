"""What an operator watches: tokens, accounts, keywords and pools; shared by API and producers."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec
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


class InvalidWatchEntryError(ValueError):
    """The entry makes no sense; the message is one sentence that says which part and why."""


def normal_entry(entry: WatchEntry) -> WatchEntry:
    """The same entry in its one spelling: without blanks around, ``$`` and ``@``; tickers in
    capitals; hexadecimal addresses, chains and sources in small letters.

    Raises:
        InvalidWatchEntryError: a part is missing, superfluous or malformed.
    """
    parts = {name: _text(name, getattr(entry, name)) for name in _TEXTS}
    for name in ("source", "chain"):
        if (part := parts[name]) is not None:
            parts[name] = _name(name, part)
    if parts["source"] and parts["chain"]:
        raise InvalidWatchEntryError("give a source or a chain, not both")
    value = parts.pop("value")
    if value is None:
        raise InvalidWatchEntryError("value: must not be empty")
    try:
        checked = msgspec.structs.replace(entry, value=value, **parts)
        made = _NORMAL[entry.kind](checked)
        return msgspec.convert(msgspec.to_builtins(made), WatchEntry)
    except msgspec.ValidationError as error:
        raise InvalidWatchEntryError(str(error)) from None


def _token(entry: WatchEntry) -> WatchEntry:
    _refuse(entry, "token")
    value = entry.value.lstrip("$")
    if entry.chain is not None:
        value = _address(value, entry.chain)
    elif _looks_like_address(value):
        raise InvalidWatchEntryError(f"chain: name the chain of the address {value}")
    else:
        value = _ticker("value", value)
    symbol = None if entry.symbol is None else _ticker("symbol", entry.symbol)
    return msgspec.structs.replace(entry, value=value, symbol=symbol)


def _account(entry: WatchEntry) -> WatchEntry:
    _refuse(entry, "chain", "token", "symbol", "name", "decimals")
    if entry.source is None:
        raise InvalidWatchEntryError(
            "source: an account needs the source it posts on, like twitter or telegram"
        )
    value = entry.value.lstrip("@/")
    if not value or re.search(r"\s", value):
        raise InvalidWatchEntryError(
            f"value: an account is a name without blanks, not {entry.value!r}"
        )
    return msgspec.structs.replace(entry, value=value)


def _keyword(entry: WatchEntry) -> WatchEntry:
    _refuse(entry, "chain", "token", "symbol", "name", "decimals")
    return msgspec.structs.replace(entry, value=" ".join(entry.value.split()))


def _pool(entry: WatchEntry) -> WatchEntry:
    _refuse(entry, "source", "symbol", "name", "decimals")
    if entry.chain is None:
        raise InvalidWatchEntryError("chain: a pool needs the chain it is on, like ethereum")
    token = entry.token
    if token is not None and _EVM_ADDRESS.fullmatch(token):
        token = f"{entry.chain}:{token.lower()}"
    return msgspec.structs.replace(entry, value=_address(entry.value, entry.chain), token=token)


_NORMAL = {"token": _token, "account": _account, "keyword": _keyword, "pool": _pool}
#: Names of which people use several.
_ALSO_CALLED = {
    ("source", "x"): "twitter",
    ("chain", "eth"): "ethereum",
    ("chain", "bnb"): "bsc",
    ("chain", "sol"): "solana",
    ("chain", "arb"): "arbitrum",
    ("chain", "matic"): "polygon",
    ("chain", "avax"): "avalanche",
}
_TEXTS = ("value", "source", "chain", "token", "symbol", "name")
_LONGEST_TICKER = 32
_EVM_ADDRESS = re.compile(r"0[xX][0-9a-fA-F]{40}")
#: Solana and Tron; such an address is longer than any ticker.
_BASE58_ADDRESS = re.compile(r"[1-9A-HJ-NP-Za-km-z]{32,44}")


def _text(name: str, text: str | None) -> str | None:
    """Without blanks around it, None when nothing is left."""
    if text is None:
        return None
    if not text.isprintable():
        raise InvalidWatchEntryError(f"{name}: must be one line of printable characters")
    return text.strip() or None


def _name(name: str, text: str) -> str:
    """A source or chain as our code and settings spell it."""
    text = text.lower()
    if not re.fullmatch(r"[a-z0-9][a-z0-9_.-]{0,63}", text):
        raise InvalidWatchEntryError(f"{name}: {text!r} is no name of a {name}")
    return _ALSO_CALLED.get((name, text), text)


def _refuse(entry: WatchEntry, *names: str) -> None:
    for name in names:
        if getattr(entry, name) is not None:
            raise InvalidWatchEntryError(f"{name}: has no meaning for a {entry.kind}")


def _ticker(name: str, text: str) -> str:
    text = text.lstrip("$").upper()
    if not text or len(text) > _LONGEST_TICKER or re.search(r"\s", text):
        raise InvalidWatchEntryError(
            f"{name}: a ticker has 1 to {_LONGEST_TICKER} characters without blanks, "
            "and an address needs its chain"
        )
    return text


def _looks_like_address(text: str) -> bool:
    # There are tickers like 0xBTC.
    hexadecimal = text[:2] in ("0x", "0X") and len(text) > 10
    return hexadecimal or bool(_BASE58_ADDRESS.fullmatch(text))


def _address(text: str, chain: str) -> str:
    if _EVM_ADDRESS.fullmatch(text):
        return text.lower()
    if _BASE58_ADDRESS.fullmatch(text):
        return text
    raise InvalidWatchEntryError(
        f"value: {text!r} is no address on {chain}: it must be 0x and 40 hexadecimal digits, "
        "or the 32 to 44 characters of a base58 address"
    )
