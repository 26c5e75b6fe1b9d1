"""Scoring labelled posts, on made-up ones."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from memewatch.cli.main import app
from memewatch.errors import OperatorError
from processors.evaluation.sentiment import evaluate
from processors.sentiment import sentiment

_POSTS = (
    ("positive", "to the moon 🚀, love it"),
    ("negative", "worthless scam, they rugged us"),
    ("positive", "this is a scam"),
    ("negative", 'they said ""safe"" and dumped it all'),
    ("negative", ""),
    ("positive", "gm, we like the coin"),
)


def _write(file: Path, with_labels: bool = True) -> Path:
    lines = ["label\ttext"] if with_labels else ["text"]
    for label, text in _POSTS:
        quoted = f'"{text}"' if '"' in text else text
        lines.append(f"{label}\t{quoted}" if with_labels else quoted)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def test_every_post_has_an_answer_in_its_row(tmp_path: Path) -> None:
    report = evaluate([_write(tmp_path / "posts.tsv")], tmp_path / "out")
    with (tmp_path / "out" / "posts.tsv").open(newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    assert [row["row"] for row in rows] == ["0", "1", "2", "3", "4", "5"]
    said = [row["label"] for row in rows]
    assert said == ["positive", "negative", "negative", "negative", "neutral", "positive"]
    assert float(rows[0]["score"]) == pytest.approx(sentiment(_POSTS[0][1]), abs=1e-6)
    assert report.files[0].accuracy.estimate == pytest.approx(4 / 6)
    assert report.files[0].new_rows == 6


def test_answers_are_the_same_without_labels(tmp_path: Path) -> None:
    evaluate([_write(tmp_path / "posts.tsv")], tmp_path / "with")
    bare = tmp_path / "bare"
    bare.mkdir()
    report = evaluate([_write(bare / "posts.tsv", with_labels=False)], tmp_path / "without")
    assert report.files == ()
    assert report.unlabelled == ("posts",)
    answers = [(tmp_path / side / "posts.tsv").read_bytes() for side in ("with", "without")]
    assert answers[0] == answers[1]


def test_graded_labels_are_correlated(tmp_path: Path) -> None:
    file = tmp_path / "graded.tsv"
    file.write_text("text\tlabel\nmoon 🚀 love it\t0.8\nscam, rugged\t-0.7\nnot sure\t-0.1\n")
    report = evaluate([file], tmp_path / "out")
    assert report.files[0].correlation is not None
    assert report.files[0].correlation > 0.8


def test_answers_are_written_before_labels_are_opened(tmp_path: Path) -> None:
    file = tmp_path / "odd.tsv"
    file.write_text("label\ttext\nsunny\tto the moon\n")
    with pytest.raises(OperatorError, match="is no label"):
        evaluate([file], tmp_path / "out")
    assert (tmp_path / "out" / "odd.tsv").exists()


def test_answers_never_overwrite_the_posts(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="overwritten"):
        evaluate([_write(tmp_path / "posts.tsv")], tmp_path)


def test_a_file_without_texts_is_named(tmp_path: Path) -> None:
    file = tmp_path / "empty.tsv"
    file.write_text("label\n")
    with pytest.raises(OperatorError, match="no column 'text'"):
        evaluate([file], tmp_path / "out")


def test_the_command_writes_answers_and_report(tmp_path: Path) -> None:
    file = _write(tmp_path / "posts.tsv")
    options = ["evaluate", "sentiment", str(file), "--out", str(tmp_path / "out")]
    answer = CliRunner().invoke(app, options)
    assert answer.exit_code == 0, answer.output
    assert "posts" in answer.stdout
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["figures"]["files"]["posts"]["rows"] == 6
    assert (tmp_path / "out" / "report.html").exists()
