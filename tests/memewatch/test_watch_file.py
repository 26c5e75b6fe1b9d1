"""The watch list as a file: what it may hold, and which sentence tells what is wrong with it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from memewatch import watch_file
from memewatch.errors import OperatorError
from memewatch.watch_file import FileEntry, read_watch_file
from schemas.watch import WatchEntry
from tests.docs.markdown import code_blocks

PEPE = "0x6982508145454ce325ddbe47a25d4ec3d2311933"


def test_texts_and_tables_are_entries(tmp_path: Path) -> None:
    file = tmp_path / "watch.toml"
    file.write_text(f"""
        tokens = [
            "$pepe",
            "Ethereum:{PEPE}",
            {{ value = "{PEPE}", chain = "base", symbol = "toshi", decimals = 18, note = "new" }},
        ]
        accounts = ["twitter:@elonmusk"]
        keywords = ["dog: with hat", {{ value = "moon", source = "reddit" }}]
        pools = [{{ value = "{PEPE}", chain = "ethereum", token = "PEPE" }}]
    """)
    assert read_watch_file(file) == [
        FileEntry(WatchEntry(kind="token", value="PEPE")),
        FileEntry(WatchEntry(kind="token", value=PEPE, chain="ethereum")),
        FileEntry(
            WatchEntry(kind="token", value=PEPE, chain="base", symbol="TOSHI", decimals=18), "new"
        ),
        FileEntry(WatchEntry(kind="account", value="elonmusk", source="twitter")),
        FileEntry(WatchEntry(kind="keyword", value="dog: with hat")),
        FileEntry(WatchEntry(kind="keyword", value="moon", source="reddit")),
        FileEntry(WatchEntry(kind="pool", value=PEPE, chain="ethereum", token="PEPE")),
    ]


def test_an_empty_file_watches_nothing(tmp_path: Path) -> None:
    file = tmp_path / "watch.toml"
    file.write_text("")
    assert read_watch_file(file) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("tokens = [", "is no valid TOML"),
        ("coins = []", "coins: a watch list has the lists tokens, accounts, keywords, pools"),
        ('tokens = "PEPE"', "tokens: a watch list has"),
        ("tokens = ['A', 7]", "item 2 of tokens: must be a text or a table"),
        ("tokens = ['0x12345678901']", "item 1 of tokens: chain: name the chain"),
        ("accounts = ['elonmusk']", "item 1 of accounts: source: an account needs"),
        ("keywords = [{ words = 'a' }]", "item 1 of keywords: words: unknown; there are chain"),
        ("keywords = [{ source = 'web' }]", "item 1 of keywords: .*missing required field `value`"),
        ("tokens = [{ value = 'A', decimals = '18' }]", "item 1 of tokens: .*decimals"),
        ("keywords = [{ value = 'a', note = 7 }]", "note: must be a text"),
        ("pools = ['base:PEPE']", "item 1 of pools: value: 'PEPE' is no address on base"),
    ],
)
def test_what_is_wrong_is_told_in_one_sentence(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "watch.toml"
    file.write_text(text)
    with pytest.raises(OperatorError, match=reason) as error:
        read_watch_file(file)
    assert str(file) in str(error.value)


def test_a_file_that_cannot_be_read_is_told_too(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"cannot read .*No such file"):
        read_watch_file(tmp_path / "watch.toml")
    with pytest.raises(OperatorError, match=r"cannot read .*directory"):
        read_watch_file(tmp_path)
    (tmp_path / "latin").write_bytes(b'tokens = ["\xff"]')
    with pytest.raises(OperatorError, match="is no valid TOML"):
        read_watch_file(tmp_path / "latin")
    (tmp_path / "huge").write_bytes(b"#" * (4 * 1024 * 1024 + 1))
    with pytest.raises(OperatorError, match="more than 4 MiB"):
        read_watch_file(tmp_path / "huge")


def test_the_documented_examples_are_right(tmp_path: Path) -> None:
    documented = (watch_file.__doc__ or "").partition("::\n")[2].rpartition("A table")[0]
    assert set(tomllib.loads(documented)) == {"tokens", "accounts", "keywords", "pools"}
    (manual,) = [
        text for text in code_blocks("docs/operating.md", "toml") if text.startswith("tokens")
    ]
    file = tmp_path / "watch.toml"
    file.write_text(manual)
    assert len(read_watch_file(file)) == 9
