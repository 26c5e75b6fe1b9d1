"""What every live source keeps, each against a server that speaks its protocol.

A new source adds one line to ``CASES``.
"""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import hypothesis
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memewatch.clock import SystemClock
from memewatch.settings import Settings
from producers.live.base import LiveSource, Payload, Rejected, Surroundings
from producers.live.catalogue import NAMES, source_class
from producers.live.feed import payload_of, raw_copy, read
from producers.registry.seed import registry_of
from producers.watch_list import WatchList
from schemas.codec import EVENT_DECODERS, encode, event_time_ms, topic_of
from schemas.events import Finality
from tests.producers.live.listening import Listening
from tests.producers.live.servers.binance import BinanceServer
from tests.producers.live.servers.bluesky import JetstreamServer
from tests.producers.live.servers.coinbase import CoinbaseServer
from tests.producers.live.servers.etherscan import EtherscanServer
from tests.producers.live.servers.evm import EvmServer
from tests.producers.live.servers.kraken import KrakenServer
from tests.producers.live.servers.reddit import RedditServer
from tests.producers.live.servers.telegram import TelegramServer
from tests.producers.live.servers.twitter import TwitterServer
from tests.producers.live.servers.web import WebServer
from tests.producers.live.servers.yahoo import YahooServer

#: Secrets that the servers' settings name; none may reach what is stored or shown.
_SECRET = ("token", "key", "secret", "password")


@dataclass(frozen=True, slots=True)
class Case:
    """``serve`` makes the server; ``say`` lets it say something new. ``replays``: what was said
    while nobody listened can be had afterwards, under the same ids. ``connected``: it holds a
    connection that ``drop`` breaks."""

    name: str
    serve: Callable[[], Any]
    say: Callable[[Any], Awaitable[None]]
    replays: bool = True
    connected: bool = False

    @property
    def source(self) -> type[LiveSource]:
        return source_class(self.name)


async def add(server: Any) -> None:
    server.add(3, time.time_ns() // 1_000_000)


async def feed(server: Any) -> None:
    made = server.feed(3)
    if made is not None:
        await made


CASES = [
    Case("twitter", TwitterServer, add, connected=True),
    Case("bluesky", lambda: JetstreamServer(0.05), add, connected=True),
    Case("reddit", RedditServer, add),
    Case("telegram", TelegramServer, add),
    # Quotes that nobody heard are gone: candles fill the gap.
    Case("yahoo", YahooServer, feed, replays=False),
    Case("binance", BinanceServer, feed, connected=True),
    Case("coinbase", CoinbaseServer, feed, connected=True),
    Case("kraken", KrakenServer, feed, connected=True),
    Case("evm", EvmServer, feed, connected=True),
    Case("etherscan", EtherscanServer, add),
    Case("web", WebServer, add),
]


def make(kind: type[LiveSource], server: Any) -> LiveSource:
    entries = list(getattr(server, "entries", ()))
    return kind(
        Surroundings(
            settings=Settings(_env_file=None, **server.settings()),
            clock=SystemClock(),
            watch_list=WatchList(entries),
            tokens=registry_of(entries),
        )
    )


@asynccontextmanager
async def following(case: Case, server: Any, resume: str | None) -> AsyncIterator[Listening]:
    """A source of its own that has caught up."""
    async with Listening(make(case.source, server), resume) as listening:
        await listening.caught_up()
        yield listening


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request):
    return request.param


replaying = pytest.mark.parametrize(
    "case", [case for case in CASES if case.replays], ids=lambda case: case.name
)
connected = pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.replays and case.connected],
    ids=lambda case: case.name,
)


def test_every_source_has_a_case():
    assert {case.name for case in CASES} == set(NAMES)


async def test_what_is_said_is_heard_as_valid_events_with_ids_of_their_own(case):
    async with case.serve() as server, following(case, server, None) as listening:
        before = len(listening.events)
        await case.say(server)
        await listening.until(lambda: len(listening.events) >= before + 3)
        for event in listening.events:
            topic = topic_of(event)
            assert topic in case.source.topics
            assert EVENT_DECODERS[topic](encode(event)) == event
            assert event.source == case.name
            assert abs(event_time_ms(event) / 1000 - time.time()) < 24 * 3_600
        assert not listening.rejected
        new = listening.events[before:]
        assert len({(topic_of(event), event.id) for event in new}) == len(new)


@replaying
async def test_another_instance_goes_on_from_the_cursor_and_misses_nothing(case):
    async with case.serve() as server, following(case, server, None) as witness:
        async with following(case, server, None) as listening:
            before = len(listening.events)
            await case.say(server)
            await listening.until(lambda: len(listening.events) >= before + 3)
        seen = len(witness.events)
        await case.say(server)
        await witness.until(lambda: len(witness.events) >= seen + 3)
        async with following(case, server, listening.cursor) as resumed:
            # What the witness heard while it was away, and what it may hear only now.
            await resumed.until(
                lambda: (
                    _identities(listening.events) | _identities(resumed.events)
                    >= _identities(witness.events)
                )
            )


@replaying
async def test_one_pass_takes_all_of_it_and_ends(case):
    async with case.serve() as server:
        async with following(case, server, None) as listening:
            await case.say(server)
            await listening.until(lambda: len(listening.events) >= 3)
        source = make(case.source, server)
        until_ms = time.time_ns() // 1_000_000 + 2_000
        async with asyncio.timeout(20):
            heard = [sound async for sound in source.catch_up(None, until_ms)]
        payloads = [sound for sound in heard if isinstance(sound, Payload)]
        ids = _identities(item for payload in payloads for item in read(source, payload))
        assert ids >= _identities(listening.events)


async def test_a_stored_copy_is_read_as_the_payload_was(case):
    async with case.serve() as server, following(case, server, None) as listening:
        await case.say(server)
        await listening.until(lambda: len(listening.events) >= 3)
        source = make(case.source, server)
        settings = server.settings()
        secrets = [
            value.encode()
            for name, value in settings.items()
            if isinstance(value, str) and name.endswith(_SECRET)
        ]
        for payload in (heard for heard in listening.heard if isinstance(heard, Payload)):
            copy = payload_of(raw_copy(case.name, payload), payload.cursor, payload.received_ms)
            assert copy == payload
            assert read(source, copy) == read(source, payload) == read(source, copy)
            assert not [
                secret
                for secret in secrets
                if secret in zlib.decompress(raw_copy(case.name, payload).body)
            ]


async def test_nothing_that_a_server_may_say_breaks_the_parser(case):
    async with case.serve() as server, following(case, server, None) as listening:
        await case.say(server)
        await listening.until(lambda: len(listening.events) >= 3)
        payloads = [heard for heard in listening.heard if isinstance(heard, Payload)]
        source = make(case.source, server)
    kinds = sorted({payload.kind for payload in payloads})
    bodies = [payload.body for payload in payloads[:5]]

    @hypothesis.settings(deadline=None)
    @given(st.sampled_from(kinds), st.data())
    def parse(kind: str, data: st.DataObject) -> None:
        body = data.draw(st.binary(max_size=60) | _broken(bodies) | _json)
        payload = Payload(body=body, cursor="c", kind=kind, received_ms=0)
        for item in source.parse(payload):
            if isinstance(item, Rejected):
                assert item.reason
            else:
                assert EVENT_DECODERS[topic_of(item)](encode(item)) == item

    parse()


@connected
async def test_a_connection_that_breaks_is_told_and_the_gap_is_filled(case):
    async with case.serve() as server:
        async with following(case, server, None) as listening:
            await case.say(server)
            await listening.until(lambda: len(listening.events) >= 3)
            dropped = server.drop()
            if dropped is not None:
                await dropped
            await listening.lost()
        await case.say(server)
        known = _identities(listening.events)
        async with following(case, server, listening.cursor) as resumed:
            await resumed.until(lambda: len(_identities(resumed.events) - known) >= 3)


@pytest.mark.parametrize("name", NAMES)
def test_a_source_says_why_it_is_off_without_being_made(name):
    reason = source_class(name).off(Settings(_env_file=None))
    assert reason is None or "MEMEWATCH_" in reason
    kind = source_class(name)
    assert kind.name == name
    assert kind.topics
    assert kind.lateness_s > 0


def _identities(items: Any) -> set[tuple[str, str]]:
    """What tells events apart in the log.

    Without a chain's word on finality: what is deep enough when it is read needs none.
    """
    return {
        (topic_of(item), item.id) for item in items if not isinstance(item, Rejected | Finality)
    }


def _broken(bodies: list[bytes]) -> st.SearchStrategy[bytes]:
    """A good body with a piece replaced."""
    return st.builds(
        lambda body, at, length, piece: (
            body[: at % (len(body) + 1)] + piece + body[at % (len(body) + 1) + length :]
        ),
        st.sampled_from(bodies),
        st.integers(0, 10_000),
        st.integers(0, 40),
        st.binary(max_size=20),
    )


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
).map(msgspec.json.encode)
