"""Who may ask, and from which page: bearer tokens, and the Host and Origin headers."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from memewatch.settings import Settings

_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


class Gatekeeper:
    """The access rules of one configuration; all checks are pure."""

    def __init__(self, settings: Settings) -> None:
        # Digests have one length, so comparing them tells nothing about the tokens' lengths.
        self._digests = [_digest(token.get_secret_value()) for token in settings.api_tokens]
        self._origins = {
            origin for text in settings.api_allowed_origins if (origin := _split_origin(text))
        }
        self._own_names = {settings.api_host.lower()} | {host for _, host, _ in self._origins}

    @property
    def needs_token(self) -> bool:
        return bool(self._digests)

    def knows(self, token: str) -> bool:
        """Whether it is one of the tokens, in a time that does not depend on which."""
        given = _digest(token)
        matches = [hmac.compare_digest(given, digest) for digest in self._digests]
        return any(matches)

    def admits(self, authorization: str | None) -> bool:
        """Whether an ``Authorization`` header (None: there is none) suffices."""
        if not self.needs_token:
            return True
        scheme, _, token = (authorization or "").partition(" ")
        return scheme.lower() == "bearer" and self.knows(token.strip())

    def trusts_host(self, headers: Mapping[str, str]) -> bool:
        """Whether the ``Host`` is no name an attacker's DNS may have pointed at us.

        Without tokens, reaching the address is all it takes to read, and a web page may rebind
        its own name to this address. Addresses, ``localhost`` and names without a dot cannot be
        rebound; others must be in ``api_allowed_origins``. With tokens it does not matter.
        """
        if self.needs_token:
            return True
        name = _host_name(headers.get("host", ""))
        if name is None:
            return False
        return (
            name in self._own_names
            or "." not in name
            or name.endswith(".localhost")
            or _is_address(name)
        )

    def trusts_origin(self, headers: Mapping[str, str]) -> bool:
        """Whether a page may connect: the same host, an allowed origin, or no page at all.

        Browsers apply no cross-origin rules to websockets, so the server has to.
        """
        text = headers.get("origin")
        if text is None:
            return True
        origin = _split_origin(text)
        if origin is None:
            return False
        scheme, host, port = origin
        own = _split_origin(f"{scheme}://{headers.get('host', '')}")
        return origin in self._origins or own == (scheme, host, port)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _split_origin(text: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None when the text is no origin (``null`` is none)."""
    try:
        parts = urlsplit(text)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    if not parts.hostname or port is None or parts.path not in ("", "/"):
        return None
    return parts.scheme, parts.hostname, port


def _host_name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
