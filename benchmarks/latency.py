"""From publishing an event to its alert on a websocket, beside a bare round trip through Kafka.

The real worker, sink and API with the shipped detectors. Each sample is one whale's deposit of a
token of its own, whose usual transfers were published before; between any two samples lies one
bare round trip with the same producer. Nothing else is going on.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import time
from collections.abc import Callable
from statistics import quantiles

from confluent_kafka import Consumer, TopicPartition
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.stages import running_stages, until_ready
from memewatch.kafka import RecordProducer, client_config, ensure_topics
from memewatch.settings import Settings
from memewatch.stack.ports import free_port
from memewatch.stack.roles import API, SINK, Role
from schemas.codec import encode
from schemas.events import Control, Transfer
from schemas.times import rfc3339
from schemas.topics import ALL_TOPICS, EVENT_PARTITIONS, EVENT_TOPICS, TRANSFERS, TopicSpec

SAMPLES = 1_000
_WARM_UP_SAMPLES = 20
_USUAL_TRANSFERS = 120
_STEP_MS = 30_000
_START_MS = 1_700_000_000_000
_ECHO = TopicSpec("echo", "none", 1, 3_600_000)
_SESSION = "latency"
_DEADLINE_S = 120.0
_MINT, _WHALE, _EXCHANGE, _POOL = "0x" + "0" * 40, "0xwhale", "0xexchange", "0xpool"


async def run(
    settings: Settings, role_settings: Callable[[Role], Settings], samples: int = SAMPLES
) -> dict[str, float]:
    """Milliseconds: ``p50`` and ``p99`` of ours, ``kafka_p50`` and ``kafka_p99`` of the bare.

    ``role_settings`` gives the settings of a database role on a migrated, empty database.
    """
    here = settings.model_copy(
        update={"namespace": f"latency{secrets.token_hex(4)}.", "kafka_linger_ms": 0.0}
    )
    ensure_topics(here, (*ALL_TOPICS, _ECHO))
    shared = {"namespace": here.namespace, "kafka_linger_ms": 0.0}
    api = role_settings(API).model_copy(update=shared | {"api_port": free_port()})
    stages = {"worker": here, "sink": role_settings(SINK).model_copy(update=shared), "api": api}
    publisher = _Publisher(here, samples + _WARM_UP_SAMPLES)
    url = f"127.0.0.1:{api.api_port}"
    async with running_stages(stages):
        await until_ready(f"http://{url}")
        async with connect(f"ws://{url}/api/v1/stream", max_size=None) as stream:
            await publisher.publish_usual_transfers()
            # The first deposits also show that everything before them has been worked off.
            for _ in range(_WARM_UP_SAMPLES):
                await publisher.deposit(stream)
            ticking = asyncio.create_task(publisher.keep_watermarks())
            ours, bare = [], []
            for _ in range(samples):
                ours.append(await publisher.deposit(stream))
                bare.append(publisher.round_trip())
            ticking.cancel()
    publisher.close()
    p50, p99 = _percentiles(ours)
    kafka_p50, kafka_p99 = _percentiles(bare)
    return {
        "p50": p50,
        "p99": p99,
        "kafka_p50": kafka_p50,
        "kafka_p99": kafka_p99,
        "p50_ratio": p50 / kafka_p50,
        "p99_ratio": p99 / kafka_p99,
    }


class _Publisher:
    """One session of transfers; the clock of its events moves by a second a deposit."""

    def __init__(self, settings: Settings, tokens: int) -> None:
        self._producer = RecordProducer(settings)
        self._tokens = [f"LAT{number}" for number in range(tokens)]
        self._next = 0
        self._now_ms = _START_MS
        self._chance = random.Random(7)
        self._echo = Consumer(client_config(settings) | {"group.id": "echo"})
        self._echo.assign([TopicPartition(settings.namespace + _ECHO.name, 0, 0)])

    async def publish_usual_transfers(self) -> None:
        """An hour of ordinary life of every token, confirmed."""
        await self._control("open")
        wallets = [f"0xwallet{number}" for number in range(60)]
        for token in self._tokens:
            await self._send(token, _MINT, _WHALE, 50_000.0, 0)
        for step in range(1, _USUAL_TRANSFERS + 1):
            self._now_ms = _START_MS + step * _STEP_MS
            await self._control("watermark")
            for token in self._tokens:
                wallet = self._chance.choice(wallets)
                hub = self._chance.choice((_EXCHANGE, _POOL))
                pair = (wallet, hub) if self._chance.random() < 0.5 else (hub, wallet)
                await self._send(token, *pair, 100.0 * 2.0 ** self._chance.gauss(0, 1), step)
        await self._producer.flush()

    async def deposit(self, stream: ClientConnection) -> float:
        """One whale's deposit; milliseconds until its alert has come through the stream."""
        token = self._tokens[self._next]
        self._next += 1
        self._now_ms += 1_000
        began = time.perf_counter()
        await self._send(token, _WHALE, _EXCHANGE, 20_000.0, _USUAL_TRANSFERS + 1)
        async with asyncio.timeout(_DEADLINE_S):
            while True:
                message = json.loads(await stream.recv())
                if message["type"] == "opened" and message["alert"]["token"] == token:
                    return (time.perf_counter() - began) * 1000

    def round_trip(self) -> float:
        """Milliseconds of one record to Kafka and back."""
        began = time.perf_counter()
        self._producer.send_nowait(_ECHO.name, b"x" * 300, None, 0)
        message = self._echo.poll(30.0)
        if message is None or message.error() is not None:
            raise RuntimeError("the bare round trip failed")
        return (time.perf_counter() - began) * 1000

    async def keep_watermarks(self) -> None:
        """As live publishers do: one about every second."""
        while True:
            await asyncio.sleep(1)
            await self._control("watermark")

    def close(self) -> None:
        self._producer.close()
        self._echo.close()

    async def _send(
        self, token: str, sender: str, receiver: str, amount: float, number: int
    ) -> None:
        transfer = Transfer(
            id=f"{token}:{number}",
            token=token,
            symbol=token,
            event_time=rfc3339(self._now_ms),
            source="bench",
            chain="bench",
            contract="0x1",
            transaction=f"0x{number:x}",
            log_index=0,
            from_address=sender,
            to_address=receiver,
            amount=f"{amount:.6f}",
        )
        await self._producer.send(TRANSFERS.name, encode(transfer), token)

    async def _control(self, kind: str) -> None:
        control = Control(
            control=kind,  # type: ignore[arg-type]
            session=_SESSION,
            writer="bench",
            watermark=rfc3339(self._now_ms),
        )
        for spec in EVENT_TOPICS:
            for partition in range(EVENT_PARTITIONS):
                await self._producer.send(spec.name, encode(control), None, partition)


def _percentiles(milliseconds: list[float]) -> tuple[float, float]:
    cuts = quantiles(milliseconds, n=100, method="inclusive")
    return cuts[49], cuts[98]
