"""What a play refuses before it touches Kafka."""

from __future__ import annotations

import asyncio

import pytest

from memewatch.errors import OperatorError
from memewatch.settings import Settings
from producers.play import by_topic, play_async

NOWHERE = Settings(_env_file=None, kafka_bootstrap="127.0.0.1:1")


def test_speeds_are_by_kind_and_trades_are_ticks():
    assert by_topic({"trades": 2.0, "posts": None}) == {"ticks": 2.0, "posts": None}


@pytest.mark.parametrize("speeds", [{"prices": 1.0}, {"posts": 0.0}, {"posts": float("nan")}])
def test_a_wrong_kind_or_speed_is_refused(speeds):
    with pytest.raises(OperatorError):
        by_topic(speeds)


async def test_empty_files_are_played_without_kafka(tmp_path):
    (tmp_path / "empty.csv").touch()
    report = await play_async(NOWHERE, [tmp_path], asyncio.Event())
    assert (report.finished, report.good, report.bad) == (True, 0, 0)


async def test_a_path_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(OperatorError, match="does not exist"):
        await play_async(NOWHERE, [tmp_path / "nothing"], asyncio.Event())
