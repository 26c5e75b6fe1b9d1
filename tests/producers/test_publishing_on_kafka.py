"""Sessions on real Kafka: what a play writes, and who may publish."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from memewatch.errors import OperatorError
from memewatch.settings import Settings
from memewatch.stack.kafka import LocalKafka
from memewatch.stack.ports import free_port
from producers.play import PlayProgress, play_async
from producers.state import load_state
from schemas.codec import decode_dead_letter
from tests.producers.kafka_log import publisher_process, read_log, state_when
from tests.producers.logs import (
    assert_opens_and_closes_everywhere,
    assert_promises_are_kept,
    event_ids,
)
from tests.producers.recordings import (
    START_MS,
    post,
    trade_row,
    transfer,
    write_objects,
    write_trades,
)

pytestmark = pytest.mark.integration

_TOKENS = [f"T{number}" for number in range(12)]


def write_recordings(directory: Path, rows: int = 600, step_ms: int = 100) -> list[Path]:
    """Trades, posts and transfers of twelve tokens over the same minute, in four files."""
    trades = [
        trade_row(START_MS + n * step_ms, f"{_TOKENS[n % 12]}/BTC", amount=str(n))
        for n in range(rows)
    ]
    posts = [post(START_MS + n * step_ms * 10, n, _TOKENS[n % 12]) for n in range(rows // 10)]
    transfers = [transfer(START_MS + n * step_ms * 5, n, _TOKENS[n % 12]) for n in range(rows // 5)]
    return [
        write_trades(directory / "a.csv.gz", trades[: rows // 2]),
        write_trades(directory / "b.csv", trades[rows // 3 :]),
        write_objects(directory / "posts", posts),
        write_objects(directory / "transfers.gz", transfers),
    ]


async def test_a_play_is_one_session_in_every_partition_and_counts_its_rows(
    kafka_settings, tmp_path
):
    paths = write_recordings(tmp_path)
    bad = write_trades(tmp_path / "bad.csv", [trade_row(START_MS, "BAD/BTC"), "rubbish"])
    unknown = tmp_path / "README"
    unknown.write_text("labels")
    seen: list[PlayProgress] = []

    report = await play_async(
        kafka_settings, [*paths, bad, unknown], asyncio.Event(), progress=seen.append
    )

    assert report.finished
    assert {kind: (r.good, r.repeated, r.bad_rows) for kind, r in report.kinds.items()} == {
        "posts": (60, 0, 0),
        "ticks": (601, 100, 1),
        "transfers": (120, 0, 0),
    }
    (row,) = report.kinds["ticks"].bad
    assert (row.file, row.line) == (str(bad), 3)
    assert [file.file for file in report.unusable] == [str(unknown)]
    assert seen[-1].done == seen[-1].total

    log = read_log(kafka_settings)
    assert_opens_and_closes_everywhere(log)
    assert_promises_are_kept(log)
    assert sum(record.is_event for record in log) == 781
    places: dict[str, set[int]] = {}
    for record in log:
        if record.is_event:
            places.setdefault(record.event.token, set()).add(record.partition)
    assert all(len(partitions) == 1 for partitions in places.values()), "topics are co-partitioned"

    letters = [
        decode_dead_letter(record.value) for record in read_log(kafka_settings, ("dead-letters",))
    ]
    assert sorted((letter.file, letter.line, letter.value) for letter in letters) == sorted(
        [(str(bad), 3, b"rubbish"), (str(unknown), None, b"labels")], key=str
    )


async def test_other_order_and_speeds_give_the_same_events_in_the_same_order(
    kafka_settings, tmp_path
):
    paths = write_recordings(tmp_path)
    await play_async(kafka_settings, paths, asyncio.Event())
    first = event_ids(read_log(kafka_settings))
    speeds = {"posts": 30.0, "trades": 20.0, "transfers": None}
    await play_async(kafka_settings, paths[::-1], asyncio.Event(), speeds=speeds)
    # Repetitions are dropped by `event_ids`, so the second play must have added nothing.
    log = read_log(kafka_settings)
    assert sum(record.is_event for record in log) == 2 * 780
    assert event_ids(log) == first


async def test_a_second_publisher_is_refused_at_once_and_told_who_publishes(
    kafka_settings, tmp_path
):
    paths = write_recordings(tmp_path)
    stop = asyncio.Event()
    first = asyncio.create_task(play_async(kafka_settings, paths, stop, speeds={"trades": 1.0}))
    await state_when(kafka_settings, lambda state: state.open)
    with pytest.raises(OperatorError, match=r"another publisher .*: play since .* \(process"):
        await asyncio.wait_for(play_async(kafka_settings, paths, asyncio.Event()), 8)
    stop.set()
    report = await first
    assert not report.finished
    assert not load_state(kafka_settings).open


async def test_a_killed_play_is_resumed_in_its_session_and_the_log_is_equivalent(
    kafka_settings, tmp_path
):
    paths = write_recordings(tmp_path)
    names = [str(path) for path in paths]
    with publisher_process(kafka_settings, "play", "--speed", "10", *names) as process:
        killed = await state_when(
            kafka_settings, lambda state: int(state.cursors.get("recorded-ticks", 0)) > 100
        )
        process.kill()

    report = await play_async(kafka_settings, paths, asyncio.Event(), resume=True)

    assert report.finished
    state = load_state(kafka_settings)
    assert (state.session, state.open, state.finished) == (killed.session, False, True)
    log = read_log(kafka_settings)
    assert_opens_and_closes_everywhere(log)
    assert_promises_are_kept(log)
    assert sum(len(ids) for ids in event_ids(log).values()) == 780
    await play_async(kafka_settings, paths, asyncio.Event())
    assert event_ids(read_log(kafka_settings)) == event_ids(log), "as in an undisturbed play"
    with pytest.raises(OperatorError, match="no unfinished play"):
        await play_async(kafka_settings, paths, asyncio.Event(), resume=True)


async def test_an_interrupted_play_goes_on_in_a_new_session(kafka_settings, tmp_path):
    paths = write_recordings(tmp_path)
    names = [str(path) for path in paths]
    with publisher_process(kafka_settings, "play", "--speed", "10", *names) as process:
        await state_when(
            kafka_settings, lambda state: int(state.cursors.get("recorded-ticks", 0)) > 100
        )
        process.send_signal(signal.SIGINT)
        assert await asyncio.to_thread(process.wait, 30) == 0
    interrupted = load_state(kafka_settings)
    assert (interrupted.open, interrupted.finished) == (False, False)
    published = sum(record.is_event for record in read_log(kafka_settings))
    assert published == sum(int(cursor) for cursor in interrupted.cursors.values())

    report = await play_async(kafka_settings, paths[::-1], asyncio.Event(), resume=True)

    assert report.good == 780 - published
    assert load_state(kafka_settings).session != interrupted.session
    assert sum(record.is_event for record in read_log(kafka_settings)) == 780


async def test_a_killed_market_goes_on_in_its_session_and_a_stopped_one_in_a_new_one(
    kafka_settings,
):
    settings = kafka_settings.model_copy(update={"demo_tokens": 8})
    with publisher_process(settings, "demo") as process:
        killed = await state_when(settings, lambda state: _count(state) > 500)
        process.kill()
    with publisher_process(settings, "demo") as process:
        resumed = await state_when(settings, lambda state: _count(state) > _count(killed))
        process.terminate()
        assert await asyncio.to_thread(process.wait, 30) == 0
    assert (resumed.session, resumed.identity) == (killed.session, killed.identity)
    assert_opens_and_closes_everywhere(read_log(settings))

    stopped = load_state(settings)
    with publisher_process(settings, "demo") as process:
        later = await state_when(settings, lambda state: state.session != stopped.session)
        process.terminate()
        assert await asyncio.to_thread(process.wait, 30) == 0
    assert later.identity == killed.identity
    log = read_log(settings)
    assert_promises_are_kept(log)
    last = load_state(settings)
    assert sum(len(ids) for ids in event_ids(log).values()) == _count(last)


def _count(state):
    """Events of the market's cursor."""
    return int(state.cursors.get("simulated", ":0").partition(":")[2])


async def test_nothing_is_lost_or_reordered_when_kafka_is_killed(data_dir, tmp_path):
    kafka = LocalKafka(data_dir / "kafka", free_port())
    settings = Settings(_env_file=None, kafka_bootstrap=kafka.bootstrap)
    paths = write_recordings(tmp_path)
    await kafka.start()
    try:
        playing = asyncio.create_task(
            play_async(settings, paths, asyncio.Event(), speeds=dict.fromkeys(_KINDS, 5.0))
        )
        await state_when(settings, lambda state: int(state.cursors.get("recorded-ticks", 0)) > 100)
        kafka.child.kill()
        await kafka.child.wait()
        await kafka.start()
        report = await playing
        assert report.finished
        log = read_log(settings)
        assert_opens_and_closes_everywhere(log)
        assert_promises_are_kept(log)
        assert sum(record.is_event for record in log) == 780
    finally:
        await kafka.stop()


_KINDS = ("posts", "trades", "transfers")
