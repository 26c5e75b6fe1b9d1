from __future__ import annotations

from pathlib import Path

import pytest

from producers.simulated.market import MarketSource, start_of
from producers.simulated.truth import read_truth
from producers.source import Item, Progress
from tests.producers.simulated.recording import HOUR_MS, START_MS


def _source(truth_path: Path | None = None) -> MarketSource:
    return MarketSource(
        9, 4, start_ms=START_MS, end_ms=START_MS + 4 * HOUR_MS, truth_path=truth_path
    )


async def _all(source: MarketSource, resume: str | None = None) -> list[tuple[Item, str]]:
    return [item async for item in source.events(resume)]


async def test_the_first_item_says_when_the_market_begins() -> None:
    first, cursor = await anext(_source().events(None))
    assert first == Progress(START_MS)
    assert start_of(cursor) == START_MS


async def test_any_cursor_resumes_with_exactly_the_rest() -> None:
    everything = await _all(_source())
    for place in (0, 1, 700, len(everything) - 1):
        cursor = everything[place][1]
        assert await _all(_source(), cursor) == everything[place + 1 :]


async def test_a_cursor_of_another_market_is_refused() -> None:
    with pytest.raises(ValueError, match="of another market"):
        await _all(_source(), "17:3")


async def test_the_truth_file_holds_every_scenario_once_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "kept" / "truth.ndjson"
    everything = await _all(_source(path))
    truths = read_truth(path)
    assert truths
    assert {truth.token for truth in truths} <= {
        item.token
        for item, _ in everything
        if not isinstance(item, Progress) and hasattr(item, "token")
    }
    written = path.read_bytes()
    await _all(_source(path), everything[-2][1])
    assert path.read_bytes() == written


async def test_half_a_line_of_a_killed_writer_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "truth.ndjson"
    await _all(_source(path))
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    await _all(_source(path))
    assert len(read_truth(path)) == whole.count(b"\n")


def test_two_markets_with_other_shapes_have_other_identities() -> None:
    assert _source().identity == _source().identity
    other = MarketSource(10, 4, start_ms=START_MS, end_ms=START_MS + 4 * HOUR_MS)
    assert other.identity != _source().identity
