"""A file of what is watched: up to four lists, each item a text or a table.

::

    tokens = [
        "PEPE",                                                  # a ticker
        "ethereum:0x6982508145454Ce325dDbE47a25d4ec3d2311933",   # a contract on a chain
        { value = "0x...", chain = "base", symbol = "TOSHI", decimals = 18 },
    ]
    accounts = ["twitter:elonmusk", "reddit:r/CryptoMoonShots", "telegram:pumpgroup"]
    keywords = ["dog with hat"]
    pools = [{ value = "0x...", chain = "ethereum", token = "0x6982..." }]

A table has the fields of ``schemas.watch.WatchEntry`` and, for people, ``note``.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from memewatch.errors import OperatorError
from schemas.watch import InvalidWatchEntryError, WatchEntry, WatchKind, normal_entry

_KIND_OF_LIST: dict[str, WatchKind] = {
    "tokens": "token",
    "accounts": "account",
    "keywords": "keyword",
    "pools": "pool",
}
#: What stands before the colon of a text like ``ethereum:0x…`` or ``twitter:name``.
_PREFIX_OF_KIND: dict[WatchKind, str] = {"token": "chain", "pool": "chain", "account": "source"}
_LONGEST_NOTE = 500
#: Far above what the file of a person holds; a mistaken path must not fill the memory.
_LARGEST_FILE = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileEntry:
    """An entry, and what its writer remarked on it."""

    entry: WatchEntry
    note: str | None = None


def read_watch_file(path: Path) -> list[FileEntry]:
    """Every entry of the file, in its order.

    Raises:
        OperatorError: it cannot be read, or an entry is wrong; the sentence names which.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(_LARGEST_FILE + 1)
        if len(content) > _LARGEST_FILE:
            raise OperatorError(f"{path} is no watch list: it has more than 4 MiB")
        lists = tomllib.loads(content.decode())
    except OSError as error:
        raise OperatorError(f"cannot read {path}: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OperatorError(f"{path} is no valid TOML: {error}") from None
    found: list[FileEntry] = []
    for name, items in lists.items():
        kind = _KIND_OF_LIST.get(name)
        if kind is None or not isinstance(items, list):
            raise OperatorError(
                f"{path}: {name}: a watch list has the lists {', '.join(_KIND_OF_LIST)}"
            )
        for number, item in enumerate(items, start=1):
            try:
                found.append(_entry(kind, item))
            except InvalidWatchEntryError as error:
                raise OperatorError(f"{path}: item {number} of {name}: {error}") from None
    return found


def entry_of_text(kind: WatchKind, text: str, **parts: Any) -> WatchEntry:
    """The entry that ``ethereum:0x…``, ``twitter:name`` or a word alone stands for.

    ``parts`` are further fields; a chain or source among them is not looked for in the text.

    Raises:
        InvalidWatchEntryError: it is none of that kind.
    """
    prefix = _PREFIX_OF_KIND.get(kind)
    if prefix is not None and parts.get(prefix) is None and ":" in text:
        before, _, text = text.partition(":")
        parts[prefix] = before
    return _made(kind, {"value": text, **parts})


def _entry(kind: WatchKind, item: object) -> FileEntry:
    if isinstance(item, str):
        return FileEntry(entry_of_text(kind, item))
    if not isinstance(item, dict):
        raise InvalidWatchEntryError("must be a text or a table")
    fields = dict(item)
    note = fields.pop("note", None)
    if note is not None and (not isinstance(note, str) or len(note) > _LONGEST_NOTE):
        raise InvalidWatchEntryError(f"note: must be a text of at most {_LONGEST_NOTE} characters")
    known = set(WatchEntry.__struct_fields__) - {"kind"}
    if unknown := sorted(set(fields) - known):
        raise InvalidWatchEntryError(
            f"{unknown[0]}: unknown; there are {', '.join(sorted(known))} and note"
        )
    return FileEntry(_made(kind, fields), note)


def _made(kind: WatchKind, fields: dict[str, Any]) -> WatchEntry:
    try:
        return normal_entry(msgspec.convert({"kind": kind, **fields}, WatchEntry))
    except msgspec.ValidationError as error:
        raise InvalidWatchEntryError(str(error)) from None
