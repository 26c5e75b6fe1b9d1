"""Texts that say the same in almost the same words, told by a small sketch of each text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from zlib import crc32

Sketch = frozenset[int]

#: The smallest hashes kept of a text; up to this many shingles the resemblance is exact.
SKETCH_SIZE = 24
#: A text of fewer words says too little to be a copy of another ("gm $TOKEN").
LEAST_WORDS = 5
#: What follows is not looked at; posts are short, and a long one is told by its beginning.
_CHARACTERS = 600
#: Copied posts are common, so a text seen before is not taken apart again; about 10 MiB.
_CACHED_TEXTS = 4_096
#: Signs that nobody sees: joiners, marks of direction and of style, soft hyphens.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|@\w+")
#: Scripts without spaces between words: each sign is taken as a word.
_SIGNS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_SIGNS}]|[^\W\d_{_SIGNS}]+")


def words(text: str) -> list[str]:
    """The words of a text without what copies differ in cheaply.

    Case, punctuation, emoji, numbers, invisible signs, full-width and other styles of letters,
    links and addressed names are all left out.
    """
    plain = text[:_CHARACTERS]
    if not plain.isascii():
        plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", plain))
    return _WORD.findall(_ADDRESS.sub(" ", plain).casefold())


@lru_cache(maxsize=_CACHED_TEXTS)
def sketch(text: str) -> Sketch | None:
    """The bottom-k MinHash sketch of a text's pairs of neighbouring words.

    None when the text has fewer than ``LEAST_WORDS`` words. A pure function of the text. After
    Broder (1997), "On the resemblance and containment of documents", with one hash function and
    the k smallest values (Cohen and Kaplan 2007, "Summarizing data using bottom-k sketches").
    """
    found = words(text)
    if len(found) < LEAST_WORDS:
        return None
    return frozenset(sorted(set(_hashes(found)))[:SKETCH_SIZE])


def resemblance(one: Sketch, other: Sketch) -> float:
    """The estimated Jaccard resemblance of two texts' word pairs, in 0..1."""
    union = sorted(one | other)[:SKETCH_SIZE]
    return sum(value in one and value in other for value in union) / len(union) if union else 0.0


def _hashes(found: list[str]) -> Iterator[int]:
    for first, second in pairwise(found):
        # A CRC is linear: one multiplication spreads neighbouring texts over all values.
        yield crc32(f"{first} {second}".encode()) * 0x9E3779B1 & 0xFFFFFFFF
