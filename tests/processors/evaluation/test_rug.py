"""Rug probabilities: said before the label is known, in the file's order."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from memewatch.cli.main import app
from memewatch.errors import OperatorError
from processors.evaluation.rug import Token, evaluate, judge, predict, read_tokens
from processors.rug_model.features import INPUTS
from tests.processors.rug_model.made_tokens import made_tokens


def write(file: Path, count: int = 60, flipped_from: int | None = None) -> Path:
    with gzip.open(file, "wt") if file.suffix == ".gz" else file.open("w") as lines:
        writer = csv.writer(lines)
        writer.writerow(["id", "Label", *INPUTS])
        for row, (inputs, rug) in enumerate(made_tokens(count)):
            said = rug != (flipped_from is not None and row >= flipped_from)
            writer.writerow([f"0x{row:040x}", str(said).upper(), *(inputs[n] for n in INPUTS)])
    return file


def scores(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "scores.ndjson").read_text().splitlines()]


def test_the_command_writes_scores_and_a_report(tmp_path: Path) -> None:
    file = write(tmp_path / "tokens.csv.gz")
    out = tmp_path / "out"
    answer = CliRunner().invoke(app, ["evaluate", "rug", str(file), "--out", str(out)])
    assert answer.exit_code == 0, answer.output
    assert "benign class" in answer.stdout
    assert [line["row"] for line in scores(out)] == list(range(60))
    assert all(0.0 < line["score"] < 1.0 for line in scores(out))
    figures = json.loads((out / "report.json").read_text())["figures"]
    assert figures["rows"] == 60
    assert {"estimate", "low", "high"} <= figures["f1_benign"].keys()
    assert (out / "report.html").exists()


def test_a_label_changes_no_score_up_to_its_own_row(tmp_path: Path) -> None:
    for name, flipped_from in (("true", None), ("flipped", 30)):
        evaluate(write(tmp_path / f"{name}.csv", 40, flipped_from), tmp_path / name)
    right, wrong = scores(tmp_path / "true"), scores(tmp_path / "flipped")
    assert right[:31] == wrong[:31]
    assert right[31:] != wrong[31:]


def test_figures_are_about_the_benign_class() -> None:
    report = judge(np.array([0.1, 0.6, 0.9, 0.4]), np.array([False, False, True, True]), 0.0)
    assert (report.benign, report.precision, report.recall) == (2, 0.5, 0.5)
    assert report.f1.estimate == pytest.approx(0.5)


def test_an_empty_field_is_a_missing_number(tmp_path: Path) -> None:
    file = tmp_path / "tokens.csv"
    file.write_text(f"Label,{','.join(INPUTS)}\nTRUE,{',' * (len(INPUTS) - 1)}\n")
    (token,) = read_tokens(file)
    assert token == Token(inputs=dict.fromkeys(INPUTS), is_rug=True)
    assert [score for _, score in predict([token])] == [pytest.approx(0.5)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Label\nTRUE\n", "no column"),
        (f"Label,{','.join(INPUTS)}\nTRUE,many{',' * (len(INPUTS) - 1)}\n", "cannot read"),
        (f"Label,{','.join(INPUTS)}\n", "no tokens"),
    ],
)
def test_a_file_that_is_not_of_tokens_is_refused(
    tmp_path: Path, content: str, message: str
) -> None:
    file = tmp_path / "tokens.csv"
    file.write_text(content)
    with pytest.raises(OperatorError, match=message):
        evaluate(file, tmp_path / "out")


def test_an_absent_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="cannot read"):
        list(read_tokens(tmp_path / "none.csv"))
