"""Exit codes, and what goes to stdout and what to stderr."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import typer

from memewatch.cli.main import run
from memewatch.cli.play import parse_speeds


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No stack runs here and no `.env` lies here."""
    monkeypatch.chdir(tmp_path)


def memewatch(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the command line as its script does; returns the exit code."""
    monkeypatch.setattr(sys, "argv", ["memewatch", *arguments])
    with pytest.raises(SystemExit) as ended:
        run()
    code = ended.value.code
    return code if isinstance(code, int) else 0


def test_config_prints_every_setting_as_json_and_masks_secrets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MEMEWATCH_POSTGRES_PASSWORD", "hunter2")
    monkeypatch.setenv("MEMEWATCH_API_TOKENS", '["hunter3"]')
    assert memewatch(monkeypatch, "config", "--json") == 0
    out, err = capsys.readouterr()
    values = {row["name"]: row["value"] for row in json.loads(out)}
    assert values["MEMEWATCH_POSTGRES_PASSWORD"] == "********"
    assert values["MEMEWATCH_API_TOKENS"] == ["********"]
    assert values["MEMEWATCH_API_PORT"] == 8000
    assert "hunter" not in out + err


@pytest.mark.parametrize("command", ["alerts", "topics", "ps", "migrate"])
def test_without_a_stack_a_command_says_how_to_start_one_and_exits_with_1(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert memewatch(monkeypatch, command) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "memewatch up" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("alerts", "--nonsense"),
        ("up", "--source", "nonsense"),
        ("up", "--workers", "0"),
        ("play",),
        ("play", "no-such-file.csv"),
        ("play", ".", "--speed", "fast"),
        ("play", ".", "--speed", "candles=2"),
    ],
)
def test_wrong_use_exits_with_2(
    arguments: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert memewatch(monkeypatch, *arguments) == 2
    assert capsys.readouterr().out == ""


def test_a_wrong_setting_is_one_sentence_on_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MEMEWATCH_API_PORT", "many")
    assert memewatch(monkeypatch, "config") == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "MEMEWATCH_API_PORT" in err
    assert "Traceback" not in err


def test_speeds_are_by_kind_and_the_later_option_wins() -> None:
    assert parse_speeds([]) == {"posts": None, "trades": None, "transfers": None}
    assert parse_speeds(["60", "ticks=max", "posts=2.5"]) == {
        "posts": 2.5,
        "trades": None,
        "transfers": 60.0,
    }


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "", "posts="])
def test_a_speed_must_be_a_positive_number(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        parse_speeds([text])
