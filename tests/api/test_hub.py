"""The hub alone, under any interleaving of changes, clients coming, resuming and being slow."""

from __future__ import annotations

import json
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Gauge

from api.metrics import StreamMetrics
from api.stream.history import Change
from api.stream.hub import Hub
from api.stream.protocol import Filter, Subscribe, decode_alert_head
from api.stream.subscriber import Subscriber
from schemas.alerts import Severity
from tests.api.writer import make_alert

_PATTERNS = ("pump_and_dump", "whale_dump")


class Client:
    """Reads its queue and keeps account of what the protocol promises."""

    def __init__(self, bound_bytes: int) -> None:
        self.subscriber = Subscriber(bound_bytes)
        self.seq: int | None = None
        self.filter = Filter()
        self.got: list[int] = []
        self.begin = 0
        self.asked = Subscribe()

    def subscribe(self, hub: Hub, request: Subscribe) -> None:
        """What waits unread belongs to the old subscription and must not be heard of again."""
        self.asked = request
        hub.subscribe(self.subscriber, request)

    async def drain(self) -> None:
        while self.subscriber.has_waiting:
            self.read(json.loads(await self.subscriber.take() or "null"))

    def read(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "snapshot":
                self.begin, self.got = message["seq"], []
                self.seq = message["seq"]
            case "subscribed":
                self.filter = self.asked.filter or Filter()
                if message["recovered"]:
                    self.begin, self.got = self.asked.seq or 0, []
                    self.seq = self.begin
            case "opened" | "updated" | "resolved":
                assert message["previous_seq"] == self.seq
                assert message["seq"] == message["alert"]["seq"]
                self.seq = message["seq"]
                self.got.append(message["seq"])


def change(seq: int, pattern: str) -> Change:
    alert = {**msgspec.to_builtins(make_alert(seq, pattern=pattern)), "seq": seq}
    text = json.dumps(alert)
    return Change(seq, decode_alert_head(text), text)


def metrics() -> StreamMetrics:
    registry = CollectorRegistry()
    return StreamMetrics(
        Gauge("subscribers", "-", registry=registry),
        Counter("sent", "-", registry=registry),
        Counter("slow", "-", registry=registry),
    )


_steps = st.lists(
    st.one_of(
        st.tuples(st.just("publish"), st.sampled_from(_PATTERNS)),
        st.tuples(st.just("repeat"), st.integers(0, 5)),
        st.tuples(st.just("attach"), st.sampled_from([2_000, 1_000_000])),
        st.tuples(st.just("subscribe"), st.tuples(st.integers(0, 9), st.integers(0, 30))),
        st.tuples(st.just("filter"), st.integers(0, 9)),
        st.tuples(st.just("drain"), st.integers(0, 9)),
        st.tuples(st.just("beat"), st.none()),
        st.tuples(st.just("detach"), st.integers(0, 9)),
    ),
    max_size=60,
)


@settings(max_examples=200, deadline=None)
@given(steps=_steps)
async def test_every_subscriber_gets_what_it_asked_for_once_and_in_order(
    steps: list[tuple[str, Any]],
) -> None:
    hub = Hub(5.0, metrics())
    published: list[Change] = []
    hub.load("epoch", 0, [], [])
    clients: list[Client] = []

    def pick(number: int) -> Client | None:
        return clients[number % len(clients)] if clients else None

    for action, argument in steps:
        if action == "publish":
            published.append(change(len(published) + 1, argument))
            hub.publish(published[-1])
        elif action == "repeat" and published:
            hub.publish(published[-1 - argument % len(published)])
        elif action == "attach":
            clients.append(Client(argument))
            hub.attach(clients[-1].subscriber)
        elif action == "beat":
            hub.beat()
        elif action == "subscribe" and (client := pick(argument[0])):
            client.subscribe(hub, Subscribe("epoch", argument[1]))
        elif action == "filter" and (client := pick(argument)):
            client.subscribe(hub, Subscribe(filter=Filter(pattern="whale_dump")))
        elif action == "drain" and (client := pick(argument)):
            await client.drain()
        elif action == "detach" and (client := pick(argument)):
            hub.detach(client.subscriber)
            await client.drain()
            clients.remove(client)
    for client in clients:
        await client.drain()
        wanted = [c.seq for c in published if c.seq > client.begin and client.filter.passes(c.head)]
        if client.subscriber.ending is None:
            assert client.got == wanted
        else:
            # Closed for being slow: what it has is the beginning of it, so it can resume.
            assert client.got == wanted[: len(client.got)]


@pytest.mark.parametrize(
    ("least", "heard"),
    [(None, 5), ("info", 5), ("medium", 3), ("high", 2), ("critical", 1)],
)
def test_a_filters_severity_is_the_least_one(least: Severity | None, heard: int) -> None:
    alerts = [make_alert(severity=severity) for severity in get_args(Severity)]
    heads = [decode_alert_head(msgspec.json.encode(alert)) for alert in alerts]
    passing = [head.severity for head in heads if Filter(severity=least).passes(head)]
    assert passing == list(get_args(Severity))[-heard:]
