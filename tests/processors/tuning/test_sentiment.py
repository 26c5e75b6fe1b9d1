"""Learning the sentiment model, from made-up posts."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from memewatch.errors import OperatorError
from processors.evaluation.labelled_posts import is_held_back
from processors.sentiment.learned import ARTEFACT, LEARNED_FROM, PRINT_BYTES, RECORD, Learned
from processors.tuning import sentiment as tuning

_GOOD = ("zorbing", "flumping", "wibbling")
_BAD = ("grocking", "snarling", "blopping")
_FILLER = ("the", "coin", "is", "at", "that", "place", "today", "with", "many", "folks")


def _write(file: Path, rows: int, graded: bool = False) -> None:
    chance = random.Random(rows)
    lines = ["label\ttext"]
    for number in range(rows):
        good = number % 2 == 0
        filler = " ".join(chance.choice(_FILLER) for _ in range(5))
        grade = chance.uniform(0.2, 0.9)
        mood = (
            ("positive" if good else "negative") if not graded else str(grade if good else -grade)
        )
        lines.append(f"{mood}\t{filler} {chance.choice(_GOOD if good else _BAD)} {number}x")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_a_model_is_learned_and_how_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tuning, "GRID", (tuning.Settings(0.1, 4, 2), tuning.Settings(0.2, 4, 1)))
    posts = tmp_path / "sentiment"
    posts.mkdir()
    _write(posts / "one.tsv", 120)
    _write(posts / "two.tsv", 90, graded=True)
    tuning.main(tmp_path, tmp_path / "out")
    record = json.loads((tmp_path / "out" / RECORD).read_text())
    assert record["held_back_30_percent"]["one accuracy"] > 0.9
    assert record["held_back_30_percent"]["two correlation"] > 0.5
    assert record["all_posts_five_folds"]["one accuracy"] > 0.9
    assert set(record["data_sha256"]) == {"one.tsv", "two.tsv"}
    model = Learned.unpacked((tmp_path / "out" / ARTEFACT).read_bytes())
    assert model.weights["zorbing"] > 0 > model.weights["grocking"]
    assert len((tmp_path / "out" / LEARNED_FROM).read_bytes()) % PRINT_BYTES == 0


def test_learning_again_gives_the_same_model(tmp_path: Path) -> None:
    _write(tmp_path / "one.tsv", 60)
    settings = tuning.Settings(0.1, 4, 2)
    models = [
        tuning.learn(tuning.read_examples([tmp_path / "one.tsv"]), settings) for _ in range(2)
    ]
    assert models[0].packed() == models[1].packed()


def test_a_post_that_comes_twice_counts_once(tmp_path: Path) -> None:
    file = tmp_path / "one.tsv"
    file.write_text("label\ttext\npositive\tTo the Moon\nnegative\tto  the moon\n")
    assert [example.mood for example in tuning.read_examples([file])] == [1.0]


def test_three_tenths_are_held_back() -> None:
    share = sum(is_held_back(f"post number {number}") for number in range(2_000)) / 2_000
    assert 0.27 < share < 0.33


def test_nothing_to_learn_from_is_said() -> None:
    with pytest.raises(OperatorError, match="no labelled posts"):
        tuning.read_examples([])
