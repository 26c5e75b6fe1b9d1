"""Links from strangers lead to the public internet, never into the network we run in."""

from __future__ import annotations

import ipaddress
import socket
import urllib.request
from collections.abc import Iterable
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

_PORTS = {"http": 80, "https": 443}


class ForbiddenLinkError(Exception):
    """The link leads somewhere that strangers have no business to send us."""


class PublicResolver(AbstractResolver):
    """Leaves out addresses that are not public, except those of ``trusted`` hosts and ports.

    Looked at here, and not before the request: a name may lead elsewhere a second later.
    """

    def __init__(self, trusted: frozenset[tuple[str, int]]) -> None:
        self._trusted = trusted
        self._inner = aiohttp.DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        if (host.lower(), port) in self._trusted:
            return found
        public = [each for each in found if is_public(each["host"])]
        if not public:
            raise OSError(f"{host} is not on the public internet")
        return public

    async def close(self) -> None:
        await self._inner.close()


def check_link(url: str, trusted: frozenset[tuple[str, int]]) -> None:
    """Raises ``ForbiddenLinkError`` unless it is a web address that may be asked.

    An address in numbers is judged here, since nobody looks it up; names are left to the resolver.
    """
    try:
        place = place_of(url)
    except ValueError as error:
        raise ForbiddenLinkError(str(error)) from None
    if place in trusted:
        return
    try:
        ipaddress.ip_address(place[0])
    except ValueError:
        return
    if not is_public(place[0]):
        raise ForbiddenLinkError(f"{place[0]} is not on the public internet")


def is_public(address: str) -> bool:
    """Whether an IP address is one that anybody on the internet may have."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    found = mapped or found
    return found.is_global and not found.is_multicast


def place_of(url: str) -> tuple[str, int]:
    """Host and port; raises ``ValueError`` when it is no web address, or one with a password."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError(f"no web address: {url:.100}")
    if parts.username is not None or parts.password is not None:
        raise ValueError("a web address with a name or password in it")
    return parts.hostname, parts.port or _PORTS[parts.scheme]


def trusted_places(urls: Iterable[str]) -> frozenset[tuple[str, int]]:
    """The hosts an operator named, and the proxies of the environment."""
    places = set()
    for url in [*urls, *urllib.request.getproxies().values()]:
        try:
            places.add(place_of(url))
        except ValueError:
            continue
    return frozenset(places)
