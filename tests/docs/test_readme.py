"""README.md shows commands, patterns, formats and links that there are."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

import pytest
from typer.main import get_command

from memewatch.cli.main import app
from processors.patterns import SHIPPED
from schemas.events import Liquidity, Post, Profile, Tick, Transfer
from tests.docs.markdown import ROOT, code_blocks, table_rows
from tests.producers.recordings import collect, recorded_source

DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
COMMANDS = get_command(app).commands  # type: ignore[attr-defined]


def test_the_table_of_commands_is_complete() -> None:
    assert [row[0].strip("`") for row in table_rows("README.md", "command")] == list(COMMANDS)


def test_the_table_of_patterns_is_complete() -> None:
    shown = [row[0].strip("`") for row in table_rows("README.md", "pattern")]
    assert shown == [each.pattern for each in (*SHIPPED.leading, *SHIPPED.joined)]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_command_and_option_shown_exists(document: Path) -> None:
    blocks = re.findall(r"^```\w*\n(.*?)^```", document.read_text(), re.MULTILINE | re.DOTALL)
    for line in "\n".join(blocks).splitlines():
        shown = re.match(r"(?:\.venv/bin/)?memewatch (\w+)(.*)", line)
        if shown is None:
            continue
        known = {option for each in COMMANDS[shown[1]].params for option in each.opts}
        assert set(re.findall(r"--[a-z-]+", shown[2])) <= known, line


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_make_target_shown_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    shown = re.findall(r"(?:^|`)make ([a-z]+)", document.read_text(), re.MULTILINE)
    assert set(shown) <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"(?<!!)\[[^\]]*\]\(([^)#]+)\)", document.read_text()):
        if not target.startswith("http"):
            assert (document.parent / target).exists(), target


async def test_the_rows_shown_can_be_played(tmp_path: Path) -> None:
    (trades,) = code_blocks("README.md", "csv")
    files = [tmp_path / "trades.csv"]
    files[0].write_text(trades)
    for number, lines in enumerate(code_blocks("README.md", "json")):
        files.append(tmp_path / f"{number}.ndjson")
        files[-1].write_text(lines)
    found = [await collect(recorded_source([file])) for file in files]
    items = [item for item, _ in chain(*found)]
    shown = (Post, Tick, Transfer, Liquidity, Profile)
    events = [item for item in items if isinstance(item, shown)]
    assert {type(event) for event in events} == set(shown)
    assert {event.symbol for event in events} == {"OAX"}
    (transfer,) = (event for event in events if isinstance(event, Transfer))
    assert float(transfer.amount) == 2.0
