"""The stream: greeting, order, resuming, filters."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import msgspec
import pytest

from tests.api.running import Api, receive, receive_until_seq, send
from tests.api.writer import Writer, make_alert

pytestmark = pytest.mark.integration


async def test_a_client_that_sends_nothing_gets_the_open_alerts_and_then_every_change(
    api: Api, writer: Writer
) -> None:
    await writer.alerts(
        make_alert(1),
        make_alert(2, status="acknowledged", revision=2),
        make_alert(3, status="resolved"),
        make_alert(4, status="retracted"),
    )
    await api.caught_up(await writer.alerts(make_alert(1, revision=2, score=0.95)))
    async with api.stream() as socket:
        hello = await receive(socket)
        assert hello == {
            "type": "hello",
            "epoch": (await api.get("/stats"))["epoch"],
            "seq": 5,
            "heartbeat_s": 0.2,
        }
        snapshot = await receive(socket)
        assert (snapshot["type"], snapshot["seq"], snapshot["more"]) == ("snapshot", 5, False)
        assert {(a["id"], a["revision"], a["seq"]) for a in snapshot["alerts"]} == {
            ("alert-00001", 2, 5),
            ("alert-00002", 2, 2),
        }
        alert = make_alert(5)
        for change in (
            alert,
            msgspec.structs.replace(alert, revision=2, phase="sell-off"),
            msgspec.structs.replace(alert, revision=3, status="acknowledged"),
            msgspec.structs.replace(alert, revision=4, status="resolved"),
            make_alert(2, revision=3, status="retracted"),
        ):
            await writer.alerts(change)
        changes = [await receive(socket) for _ in range(5)]
    assert [(c["type"], c["seq"], c["previous_seq"]) for c in changes] == [
        ("opened", 6, 5),
        ("updated", 7, 6),
        ("acknowledged", 8, 7),
        ("resolved", 9, 8),
        ("retracted", 10, 9),
    ]
    assert changes[0]["alert"] == {**msgspec.to_builtins(alert), "seq": 6}
    await api.caught_up(10)
    async with api.stream() as socket:
        await receive(socket, "hello")
        remaining = (await receive(socket, "snapshot"))["alerts"]
        assert [a["id"] for a in remaining] == ["alert-00001"]


async def test_heartbeats_carry_the_head(api: Api, writer: Writer) -> None:
    async with api.stream() as socket:
        assert await receive(socket, "heartbeat") == {
            "type": "heartbeat",
            "seq": 0,
            "database": "up",
        }
        await writer.alerts(make_alert(1), make_alert(2))
        await receive_until_seq(socket, 2)
        assert (await receive(socket, "heartbeat"))["seq"] == 2


async def test_a_change_too_large_for_a_notification_keeps_its_place(
    api: Api, writer: Writer
) -> None:
    async with api.stream() as socket:
        await receive(socket, "snapshot")
        large = make_alert(2, explanation="é" * 20_000)
        await writer.alerts(make_alert(1), large, make_alert(3))
        await writer.alerts(make_alert(4))
        changes = [await receive(socket) for _ in range(4)]
    assert [c["seq"] for c in changes] == [1, 2, 3, 4]
    assert [c["previous_seq"] for c in changes] == [0, 1, 2, 3]
    assert changes[1]["alert"]["explanation"] == large.explanation


async def test_a_commit_reaches_the_socket_within_milliseconds(api: Api, writer: Writer) -> None:
    latencies = []
    async with api.stream() as socket:
        await receive(socket, "snapshot")
        for number in range(100):
            started = time.perf_counter()
            await writer.alerts(make_alert(number))
            await receive(socket)
            latencies.append(time.perf_counter() - started)
    # The writer's own transaction is inside; polling would show as hundreds of milliseconds.
    assert sorted(latencies)[50] < 0.1


async def test_a_snapshot_too_large_for_one_message_comes_in_parts(
    api: Api, writer: Writer
) -> None:
    explanation = "x" * 100_000
    await api.caught_up(
        await writer.alerts(*(make_alert(n, explanation=explanation) for n in range(30)))
    )
    parts = []
    async with api.stream() as socket:
        await receive(socket, "hello")
        while not parts or parts[-1]["more"]:
            parts.append(await receive(socket))
    assert len(parts) > 1
    assert {part["seq"] for part in parts} == {30}
    ids = [alert["id"] for part in parts for alert in part["alerts"]]
    assert ids == [f"alert-{n:05d}" for n in range(30)]


async def test_a_returning_client_gets_exactly_what_it_missed(api: Api, writer: Writer) -> None:
    await api.caught_up(await writer.alerts(*(make_alert(n) for n in range(5))))
    async with api.stream() as socket:
        epoch = (await receive(socket, "hello"))["epoch"]
    await api.caught_up(await writer.alerts(*(make_alert(n) for n in range(5, 9))))
    async with api.stream() as socket:
        await send(socket, type="subscribe", epoch=epoch, seq=5)
        answer = await receive(socket, "subscribed")
        assert answer == {"type": "subscribed", "recovered": True, "seq": 9, "oldest_seq": 0}
        await writer.alerts(make_alert(10))
        missed = await receive_until_seq(socket, 10)
    assert [(m["seq"], m["previous_seq"]) for m in missed] == [(n, n - 1) for n in range(6, 11)]


async def test_a_client_that_missed_nothing_is_recovered_with_nothing(
    api: Api, writer: Writer
) -> None:
    await api.caught_up(await writer.alerts(make_alert(1)))
    async with api.stream() as socket:
        epoch = (await receive(socket, "hello"))["epoch"]
        await send(socket, type="subscribe", epoch=epoch, seq=1)
        assert (await receive(socket, "subscribed"))["recovered"] is True
        await writer.alerts(make_alert(2))
        change = await receive(socket)
        assert (change["seq"], change["previous_seq"]) == (2, 1)


@pytest.mark.parametrize(
    "position",
    [{"epoch": "another", "seq": 1}, {"seq": 1}, {"seq": 2_000_000}, {}],
    ids=["other epoch", "no epoch", "ahead", "no position"],
)
async def test_a_position_that_cannot_be_resumed_gets_a_new_snapshot(
    api: Api, writer: Writer, position: dict[str, Any]
) -> None:
    await api.caught_up(await writer.alerts(make_alert(1), make_alert(2)))
    async with api.stream() as socket:
        hello = await receive(socket, "hello")
        if position.get("seq") == 2_000_000:
            position = {**position, "epoch": hello["epoch"]}
        await send(socket, type="subscribe", **position)
        assert (await receive(socket, "subscribed"))["recovered"] is False
        snapshot = await receive(socket)
        assert (snapshot["type"], snapshot["seq"], len(snapshot["alerts"])) == ("snapshot", 2, 2)
        await writer.alerts(make_alert(3))
        change = await receive(socket)
        assert (change["seq"], change["previous_seq"]) == (3, 2)


async def test_a_filter_holds_for_snapshot_recovery_and_live_changes(
    api: Api, writer: Writer
) -> None:
    def mixed(begin: int) -> list[Any]:
        return [
            make_alert(begin, token="A", score=0.9),
            make_alert(begin + 1, token="B", score=0.9),
            make_alert(begin + 2, token="A", score=0.2),
            make_alert(begin + 3, token="A", score=0.9, pattern="whale_dump"),
            make_alert(begin + 4, token="A", score=0.9, severity="low"),
            make_alert(begin + 5, token="A", score=0.8),
        ]

    wanted = {"token": "A", "pattern": "pump_and_dump", "severity": "high", "min_score": 0.8}
    await api.caught_up(await writer.alerts(*mixed(0)))
    async with api.stream() as socket:
        epoch = (await receive(socket, "hello"))["epoch"]
        await send(socket, type="subscribe", filter=wanted)
        await receive(socket, "subscribed")
        snapshot = await receive(socket)
        assert [a["seq"] for a in snapshot["alerts"]] == [1, 6]
        await writer.alerts(*mixed(10))
        live = await receive_until_seq(socket, 12)
        assert [(m["seq"], m["previous_seq"]) for m in live] == [(7, 6), (12, 7)]
    async with api.stream() as socket:
        await send(socket, type="subscribe", epoch=epoch, seq=3, filter=wanted)
        await receive(socket, "subscribed")
        await writer.alerts(*mixed(20))
        recovered = await receive_until_seq(socket, 18)
    assert [(m["seq"], m["previous_seq"]) for m in recovered] == [
        (6, 3),
        (7, 6),
        (12, 7),
        (13, 12),
        (18, 13),
    ]


async def test_every_client_sees_every_number_once_however_it_joins(
    api: Api, writer: Writer
) -> None:
    """Writers commit while clients connect, resume and filter: no gap, no double, in order."""
    total = 400

    async def write() -> None:
        for number in range(0, total, 4):
            await writer.alerts(*(make_alert(n) for n in range(number, number + 4)))
            await asyncio.sleep(0)

    async def join(delay: int) -> None:
        await api.caught_up(delay)
        async with api.stream() as socket:
            hello = await receive(socket)
            snapshot = await receive(socket)
            assert snapshot["seq"] == hello["seq"]
            # All alerts stay open, so the snapshot must hold exactly the numbers up to its own.
            seen = sorted(alert["seq"] for alert in snapshot["alerts"])
            assert seen == list(range(1, snapshot["seq"] + 1))
            if delay % 3 == 1:
                position = {"epoch": hello["epoch"], "seq": snapshot["seq"] // 2}
                await send(socket, type="subscribe", **position)
                assert (await receive(socket, "subscribed"))["recovered"] is True
                seen = seen[: position["seq"]]
            if seen[-1:] != [total]:
                changes = await receive_until_seq(socket, total)
                assert all(c["previous_seq"] == c["seq"] - 1 for c in changes)
                seen += [change["seq"] for change in changes]
            assert seen == list(range(1, total + 1))

    async with asyncio.TaskGroup() as group:
        for client in range(30):
            group.create_task(join(client * 13))
        group.create_task(write())
