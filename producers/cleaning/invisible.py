"""Code points nobody sees, and what they are used for: to hide a word from a search."""

from __future__ import annotations

import re

#: Controls but line ends and tabs, surrogates, private use, formats (zero width, direction, soft
#: hyphen, tags), variation selectors, joiners, fillers and the empty braille pattern.
_INVISIBLE = (
    r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c"
    r"\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    r"\ud800-\udfff\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    r"\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    r"\U000f0000-\U0010ffff"
)
#: Any emoji that may be joined, and signs that become one with a variation selector.
_EMOJI = (
    r"[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u24c2\u25a0-\u27bf"
    r"\u2900-\u297f\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
)
#: Scripts in which a joiner is part of the spelling (Persian, the Indic ones, Khmer, Burmese).
_JOINING = r"[\u0620-\u074f\u08a0-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u17b3\u17b6-\u17d3]"
_PIECES = re.compile(
    rf"(\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{{2,8}}\U000e007f"
    rf"|{_EMOJI}(?:\ufe0f[\U0001f3fb-\U0001f3ff]?|[\U0001f3fb-\U0001f3ff])?"
    rf"(?:\u200d{_EMOJI}(?:\ufe0f|[\U0001f3fb-\U0001f3ff])?)+"
    rf"|{_EMOJI}\ufe0f|[0-9#*]\ufe0f\u20e3"
    rf"|(?<={_JOINING})[\u200c\u200d](?={_JOINING}))"
    rf"|[{_INVISIBLE}]+"
)
_ANY = re.compile(f"[{_INVISIBLE}]")


def without_invisible(text: str) -> str:
    """The text without what cannot be seen; emoji and joined scripts stay as they are written."""
    if not _ANY.search(text):
        return text
    return _PIECES.sub(lambda piece: piece[1] or "", text)


def without_any_invisible(text: str) -> str:
    """The text without even those that join emoji and letters: for comparing, not for showing."""
    return _ANY.sub("", text)
