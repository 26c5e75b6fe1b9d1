"""Files: found, told apart by content, and read whatever is wrong with them."""

from __future__ import annotations

import gzip

import pytest

from memewatch.errors import OperatorError
from producers.recorded import files
from producers.recorded.files import find_files, survey
from producers.recorded.lines import LONGEST_LINE
from producers.source import LONGEST_LETTER, Rejected
from tests.producers.recordings import (
    HEADER,
    START_MS,
    collect,
    post,
    recorded_source,
    trade_row,
    transfer,
    write_lines,
    write_objects,
    write_trades,
)


def rejected(file):
    return [row[-1] for row in file.read() if isinstance(row[-1], Rejected)]


def events(file):
    return [row[-1] for row in file.read() if not isinstance(row[-1], Rejected)]


@pytest.mark.parametrize("name", ["a.txt", "a.ndjson.gz", "noname"])
def test_the_content_tells_the_format_not_the_name(tmp_path, name):
    trades, _ = survey(write_trades(tmp_path / name, [trade_row()]))
    assert trades.parser.topic == "ticks"
    transfers, _ = survey(write_objects(tmp_path / name, [transfer()]))
    assert transfers.parser.topic == "transfers"
    posts, _ = survey(write_objects(tmp_path / name, [post()]))
    assert posts.parser.topic == "posts"


def test_gzip_is_told_by_its_first_bytes(tmp_path):
    path = tmp_path / "trades.csv"
    path.write_bytes(gzip.compress(f"{HEADER}\n{trade_row()}\n".encode()))
    assert survey(path)[0].rows == 1


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path):
    path = tmp_path / "trades.csv"
    path.write_bytes(f"\ufeff{HEADER}\r\n\r\n{trade_row()}\r\n".encode())
    file, _ = survey(path)
    assert (file.rows, file.bad) == (1, 0)


def test_bad_rows_carry_file_line_reason_and_bytes_and_stop_nothing(tmp_path):
    rows = [trade_row(), "rubbish", trade_row(START_MS + 1), trade_row(price="0")]
    file, problem = survey(write_trades(tmp_path / "trades.csv", rows))
    assert problem is None
    assert (file.rows, file.bad) == (2, 2)
    assert [(r.line, r.value) for r in rejected(file)] == [
        (3, b"rubbish"),
        (5, trade_row(price="0").encode()),
    ]
    assert rejected(file)[0].file == str(file.path)
    assert len(events(file)) == 2


def test_a_truncated_gzip_gives_what_it_has_and_is_reported(tmp_path):
    path = tmp_path / "trades.csv.gz"
    # Prices that do not compress, so that the cut takes some rows and not all.
    rows = [trade_row(START_MS + n, price=f"0.{n * 7919 % 100003}1") for n in range(5_000)]
    data = gzip.compress("\n".join([HEADER, *rows]).encode())
    path.write_bytes(data[: len(data) // 2])
    file, problem = survey(path)
    assert problem is None
    assert 1_000 < file.rows < 5_000
    assert "truncated" in rejected(file)[-1].reason


def test_a_damaged_gzip_is_reported(tmp_path):
    path = tmp_path / "trades.csv.gz"
    path.write_bytes(b"\x1f\x8b" + b"no gzip at all")
    file, problem = survey(path)
    assert (file.parser, file.rows) == (None, 0)
    assert "cannot be read" in problem.reason


def test_an_unknown_format_is_reported_once(tmp_path):
    path = write_lines(tmp_path / "labels.csv", ["token,onset", "OAX,1534521600000"])
    file, problem = survey(path)
    assert file.parser is None
    assert "unknown format" in problem.reason
    assert problem.line is None


def test_json_lines_may_begin_with_bad_rows(tmp_path):
    file, _ = survey(write_lines(tmp_path / "posts", ["{broken", *_json(post())]))
    assert (file.rows, file.bad) == (1, 1)


def test_an_empty_file_is_fine(tmp_path):
    (tmp_path / "empty").touch()
    file, problem = survey(tmp_path / "empty")
    assert (file.rows, file.bad, problem) == (0, 0, None)
    assert list(file.read()) == []


def test_an_endless_line_is_refused_without_being_kept(tmp_path):
    path = write_trades(tmp_path / "trades", [trade_row(), "x" * (3 * LONGEST_LINE), trade_row()])
    file, _ = survey(path)
    assert (file.rows, file.bad) == (2, 1)
    assert len(rejected(file)[0].value) == LONGEST_LETTER


async def test_an_unsorted_file_is_sorted(tmp_path):
    rows = [trade_row(START_MS + step) for step in (5, 1, 9, 1, 3)]
    path = write_trades(tmp_path / "trades", rows)
    assert not survey(path)[0].is_sorted
    items = [item for item, _ in await collect(recorded_source([path]))][1:]
    assert [item.event_time[-4:-1] for item in items] == ["001", "001", "003", "005", "009"]


def test_an_unsorted_file_beyond_the_bound_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MOST_UNSORTED_ROWS", 3)
    rows = [trade_row(START_MS - step) for step in range(4)]
    file, problem = survey(write_trades(tmp_path / "trades", rows))
    assert file.parser is None
    assert "sort it by time first" in problem.reason


def test_folders_are_searched_and_each_file_taken_once(tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    first = write_trades(tmp_path / "a", [trade_row()])
    second = write_trades(inner / "b", [trade_row()])
    write_trades(inner / ".hidden", [trade_row()])
    assert find_files([first, tmp_path, inner]) == [first.resolve(), second.resolve()]


def test_a_path_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(OperatorError, match="does not exist"):
        find_files([tmp_path / "nothing"])


def _json(*objects):
    import json

    return [json.dumps(item) for item in objects]
