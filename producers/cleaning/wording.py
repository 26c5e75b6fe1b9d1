"""One spelling for one text, without taking from it what carries mood."""

from __future__ import annotations

import re
import unicodedata

from producers.cleaning.invisible import without_invisible

#: Letters and digits in costume: full width, mathematical, in circles. Circled M is an emoji.
_COSTUMED = re.compile(
    r"[\uff01-\uff5e\u24b6-\u24c1\u24c3-\u24e9\U0001d400-\U0001d7ff\U0001f130-\U0001f149]+"
)
_LINE_END = re.compile(r"[ ]*(?:\r\n|[\r\n\u0085\u2028\u2029])\s*")
_SPACES = re.compile(r"[\t \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")


def normal_text(text: str) -> str:
    """Readable text: composed (NFC), plain letters, single spaces and lines, nothing invisible.

    Emoji, capitals and punctuation stay: sentiment is read from them.
    """
    text = without_invisible(text)
    if not text.isascii():
        text = _COSTUMED.sub(_plain, text)
        text = unicodedata.normalize("NFC", text)
    text = _SPACES.sub(" ", text)
    return _LINE_END.sub("\n", text).strip()


def _plain(costumed: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", costumed[0])
