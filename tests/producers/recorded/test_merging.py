"""Many files become one stream, whatever their order and however they are cut."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from producers.source import Progress, Rejected
from schemas.codec import event_time_ms
from tests.producers.recordings import (
    START_MS,
    collect,
    post,
    recorded_source,
    trade_row,
    transfer,
    write_objects,
    write_trades,
)

rows = st.lists(
    st.builds(
        trade_row,
        time_ms=st.integers(START_MS, START_MS + 5),
        symbol=st.sampled_from(["OAX/BTC", "DOGE/BTC", "SHIB/USDT"]),
        side=st.sampled_from(["buy", "sell"]),
        amount=st.sampled_from(["1", "2"]),
    )
    | st.just("a bad row"),
    max_size=12,
)


def play(files: list[list[str]], order: list[int]):
    """What a play of the files, named in the given order, yields."""
    with tempfile.TemporaryDirectory() as directory:
        paths = [
            write_trades(Path(directory) / f"{order.index(number)}", content)
            for number, content in enumerate(files)
        ]
        source = recorded_source(paths[number] for number in order)
        return [item for item, _ in asyncio.run(collect(source))]


def ids(items):
    return [item.id for item in items if not isinstance(item, Progress | Rejected)]


@given(st.data(), st.lists(rows, min_size=1, max_size=4))
def test_the_order_and_names_of_files_do_not_matter(data, files):
    order = data.draw(st.permutations(range(len(files))))
    assert ids(play(files, order)) == ids(play(files, list(range(len(files)))))


@given(st.lists(rows, min_size=1, max_size=4))
def test_times_never_step_back_and_no_good_row_is_lost(files):
    items = play(files, list(range(len(files))))
    events = [item for item in items if not isinstance(item, Progress | Rejected)]
    times = [(event_time_ms(event), event.token) for event in events]
    assert times == sorted(times)
    assert len({event.id for event in events}) == len(events)
    # A row is as often in the stream as in the file that has it most often.
    good = {row for file in files for row in file if row != "a bad row"}
    assert len(events) == sum(max(file.count(row) for file in files) for row in good)
    assert sum(isinstance(item, Rejected) for item in items) == sum(
        file.count("a bad row") for file in files
    )


@given(rows, st.integers(0, 12))
def test_cutting_a_file_between_milliseconds_changes_nothing(content, cut):
    good = sorted((row for row in content if row != "a bad row"), key=lambda row: row.split(",")[1])
    cut_time = START_MS + cut % 6
    early = [row for row in good if int(row.split(",")[1]) < cut_time]
    late = [row for row in good if int(row.split(",")[1]) >= cut_time]
    assert ids(play([early, late], [0, 1])) == ids(play([good], [0]))


async def test_a_row_in_two_files_is_one_trade_and_twice_in_one_file_two(tmp_path):
    double = trade_row(START_MS + 1)
    first = write_trades(tmp_path / "a", [trade_row(), double, double])
    second = write_trades(tmp_path / "b", [double, double, trade_row(START_MS + 2)])
    source = recorded_source([first, second])
    assert len(ids([item for item, _ in await collect(source)])) == 4
    assert source.repeated == 2


async def test_transfers_and_posts_in_two_files_come_once(tmp_path):
    for name, make in (("transfers", transfer), ("posts", post)):
        one = write_objects(tmp_path / f"{name}1", [make(number=1), make(number=2)])
        two = write_objects(tmp_path / f"{name}2", [make(number=2), make(number=3)])
        assert len(ids([item for item, _ in await collect(recorded_source([two, one]))])) == 3


async def test_transfers_of_one_block_keep_the_order_of_the_file(tmp_path):
    numbers = [5, 3, 9, 1]
    path = write_objects(tmp_path / "transfers", [transfer(number=number) for number in numbers])
    items = [item for item, _ in await collect(recorded_source([path]))][1:]
    assert [int(item.transaction, 16) for item in items] == numbers
