"""Who may ask, and from which page: bearer tokens, and the Host and Origin headers."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from memewatch.settings import Settings

#: A proxy on this machine says so that somebody else asks.
_RELAYED = ("forwarded", "x-forwarded-for")
#: Whoever changes something where there are no tokens.
LOCAL = "local"
_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request may not do what it asks for: the HTTP status, and one sentence."""

    status: int
    reason: str


class Gatekeeper:
    """The access rules of one configuration; all checks are pure."""

    def __init__(self, settings: Settings) -> None:
        # Digests have one length, so comparing them tells nothing about the tokens' lengths.
        self._readers = [_digest(token.get_secret_value()) for token in settings.api_tokens]
        self._writers = [_digest(token.get_secret_value()) for token in settings.api_write_tokens]
        self._names: dict[bytes, str] = {}
        self._is_local = settings.environment == "local"
        self._origins = {
            origin for text in settings.api_allowed_origins if (origin := _split_origin(text))
        }
        self._own_names = {settings.api_host.lower()} | {host for _, host, _ in self._origins}

    @property
    def needs_token(self) -> bool:
        """Whether only those may read who bring a token."""
        return bool(self._readers)

    def knows(self, token: str) -> bool:
        """Whether it is one of the tokens; those that may write may read too."""
        return _is_among(token, [*self._readers, *self._writers])

    def admits(self, authorization: str | None) -> bool:
        """Whether an ``Authorization`` header (None: there is none) suffices."""
        if not self.needs_token:
            return True
        token = _bearer(authorization)
        return token is not None and self.knows(token)

    def refuses_write(
        self, authorization: str | None, headers: Mapping[str, str], client: str | None
    ) -> Refusal | None:
        """Why this request may not change anything; None when it may.

        ``client`` is the address it came from. Without any tokens only this machine may write:
        that an address can be reached from elsewhere is no permission to change things.
        """
        if not self.trusts_origin(headers):
            return Refusal(
                403,
                "a page of another origin may change nothing here: add its origin to "
                "MEMEWATCH_API_ALLOWED_ORIGINS",
            )
        if self._writers:
            token = _bearer(authorization)
            if token is None or not self.knows(token):
                return Refusal(
                    401, "send `Authorization: Bearer …` with one of MEMEWATCH_API_WRITE_TOKENS"
                )
            if not _is_among(token, self._writers):
                return Refusal(
                    403, "this token may only read: use one of MEMEWATCH_API_WRITE_TOKENS"
                )
            return None
        if self._readers or not self._is_local:
            return Refusal(
                403, "nobody may change anything here yet: set MEMEWATCH_API_WRITE_TOKENS"
            )
        relayed = any(name in headers for name in _RELAYED)
        if client is None or relayed or not _is_loopback(client):
            return Refusal(
                403,
                "only this machine may change anything here: set MEMEWATCH_API_WRITE_TOKENS to "
                "let others",
            )
        return None

    def writer(self, authorization: str | None) -> str | None:
        """The name of whoever changes something with this header; None when they may not.

        Tokens have no names, so it is made from the token, by a function so slow that not even a
        token that a person thought up is found again by trying.
        """
        if not self._writers:
            return LOCAL
        token = _bearer(authorization)
        if token is None or not _is_among(token, self._writers):
            return None
        digest = _digest(token)
        if digest not in self._names:
            self._names[digest] = f"token-{_slow_digest(token).hex()}"
        return self._names[digest]

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


def _bearer(authorization: str | None) -> str | None:
    """The token of an ``Authorization`` header."""
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _is_among(token: str, digests: Sequence[bytes]) -> bool:
    """In a time that does not depend on which it is."""
    given = _digest(token)
    matches = [hmac.compare_digest(given, digest) for digest in digests]
    return any(matches)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _slow_digest(token: str) -> bytes:
    return hashlib.scrypt(token.encode(), salt=b"memewatch writer", n=2**14, r=8, p=1, dklen=4)


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


def _is_loopback(client: str) -> bool:
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
