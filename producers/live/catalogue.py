"""Every live source there is: one line each. A new source is one file and one line here."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from memewatch.errors import OperatorError
from memewatch.settings import Settings
from producers.live.base import LiveSource

#: By the order in which they are listed: ``name: module of producers.live, class``.
_PLACES = {
    "twitter": ("twitter", "Twitter"),
    "bluesky": ("bluesky", "Bluesky"),
    "reddit": ("reddit", "Reddit"),
    "telegram": ("telegram", "Telegram"),
    "yahoo": ("yahoo", "Yahoo"),
    "binance": ("exchanges", "Binance"),
    "coinbase": ("exchanges", "Coinbase"),
    "kraken": ("exchanges", "Kraken"),
    "evm": ("evm", "Evm"),
    "etherscan": ("etherscan", "Etherscan"),
    "web": ("web", "Web"),
}
NAMES = tuple(_PLACES)


@dataclass(frozen=True, slots=True)
class Listed:
    """A source and why it is off (None: it is on)."""

    name: str
    off: str | None


def source_class(name: str) -> type[LiveSource]:
    """The class of a source.

    Raises:
        OperatorError: there is none of that name.
    """
    if name not in _PLACES:
        raise OperatorError(f"there is no source {name!r}: the sources are {', '.join(NAMES)}")
    module, kind = _PLACES[name]
    found: type[LiveSource] = getattr(import_module(f"producers.live.{module}"), kind)
    return found


def require_on(name: str, settings: Settings) -> None:
    """Return if the source is on.

    Raises:
        OperatorError: it is off (the message says what turns it on), or there is none.
    """
    if (reason := source_class(name).off(settings)) is not None:
        raise OperatorError(f"source {name} is off: {reason}")


def listed(settings: Settings) -> list[Listed]:
    """All sources, on and off, as the settings say."""
    return [Listed(name, source_class(name).off(settings)) for name in NAMES]
