"""Labelled posts in tab-separated files: ``label`` is a mood or −1..1, ``text`` the post."""

from __future__ import annotations

import csv
import hashlib
import re
import unicodedata
from pathlib import Path

from memewatch.errors import OperatorError

_MOODS = {"positive": 1.0, "negative": -1.0, "neutral": 0.0}
_LINK = re.compile(r"https?://\S+")
_PIECE = re.compile(r"\w+|[^\w\s]")


def read_texts(file: Path) -> list[str]:
    """The posts of a file in its order, nothing else. Raises ``OperatorError``."""
    return _column(file, "text")


def read_labels(file: Path) -> list[float] | None:
    """The labels in −1..1, or None where the file has none. Raises ``OperatorError``."""
    if "label" not in _header(file):
        return None
    return [_mood(file, label) for label in _column(file, "label")]


def fingerprint(text: str) -> bytes:
    """Eight bytes that equal posts share, whatever their case, spacing and links."""
    plain = _LINK.sub("", unicodedata.normalize("NFKC", text).casefold())
    joined = " ".join(_PIECE.findall(plain))
    return hashlib.blake2b(joined.encode(), digest_size=8).digest()


def is_held_back(text: str) -> bool:
    """Whether a post belongs to the 30 % that no choice of a setting may look at."""
    return int.from_bytes(fingerprint(text), "big") % 10 >= 7


def _header(file: Path) -> list[str]:
    rows = _rows(file)
    return rows[0] if rows else []


def _column(file: Path, name: str) -> list[str]:
    rows = _rows(file)
    if not rows or name not in rows[0]:
        raise OperatorError(f"{file} has no column {name!r} in its first line")
    place = rows[0].index(name)
    short = next((number for number, row in enumerate(rows) if len(row) <= place), None)
    if short is not None:
        raise OperatorError(f"{file}: row {short} has no {name!r}")
    return [row[place] for row in rows[1:]]


def _rows(file: Path) -> list[list[str]]:
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.reader(lines, delimiter="\t"))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise OperatorError(f"cannot read the posts in {file}: {error}") from error
    # An empty line of a file with one column is an empty post, and counts as a row.
    single = bool(rows) and len(rows[0]) == 1
    return [row or [""] for row in rows if row or single]


def _mood(file: Path, label: str) -> float:
    known = _MOODS.get(label.strip().lower())
    if known is not None:
        return known
    try:
        return float(label)
    except ValueError:
        raise OperatorError(f"{file}: {label!r} is no label") from None
