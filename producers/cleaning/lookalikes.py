"""Look-alike characters, folded: a ticker spelled with Cyrillic or fancy letters is that ticker."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from producers.cleaning.invisible import without_any_invisible

#: Accents by themselves. The marks of other scripts are letters of theirs, and stay.
_MARKS = r"\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_MARK = re.compile(f"[{_MARKS}]")
_FOREIGN_WORD = re.compile(
    rf"(?<![A-Za-z0-9_])[A-Za-z0-9_]*+[^\x00-\x7f][\w{_MARKS}]*|[^\x00-\x7f][\w{_MARKS}]*"
)
_DOLLARS = {ord(sign): "$" for sign in "＄﹩💲"}
#: Small capitals are no look-alikes to Unicode, but a fashion to people.
_SMALL_CAPITALS = dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnopqrstuvwyz", strict=True))


def folded(text: str) -> str:
    """The text for comparing, never for showing: words that look like ASCII words become them.

    A word is folded only if all of it becomes ASCII, so a Russian sentence stays Russian. Accents
    and what is invisible (joiners too) are dropped.
    """
    text = without_any_invisible(text)
    if text.isascii():
        return text
    return _FOREIGN_WORD.sub(lambda word: _folded_word(word[0]), text.translate(_DOLLARS))


@lru_cache(maxsize=8192)
def _folded_word(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word.translate(_lookalikes()))
    bare = _MARK.sub("", decomposed)
    plain = bare.translate(_lookalikes())
    return plain if plain.isascii() else word


@lru_cache(maxsize=1)
def _lookalikes() -> dict[int, str]:
    """Which ASCII letter or digit a character looks like, one for one."""
    # Reading the tables takes 60 ms, so not before a word needs them.
    from confusable_homoglyphs.confusables import confusables_data

    table: dict[int, str] = {}
    for char, entries in confusables_data.items():
        if len(char) != 1 or char.isascii():
            continue
        like = [entry["c"] for entry in entries if entry["c"].isascii() and entry["c"].isalnum()]
        if len(like) == 1 and len(like[0]) == 1 and char.isalnum():
            table[ord(char)] = _in_case(char, like[0])
    table.update({ord(small): letter for small, letter in _SMALL_CAPITALS.items()})
    for offset in range(26):  # Letters in black circles and squares.
        table[0x1F150 + offset] = table[0x1F170 + offset] = chr(ord("A") + offset)
    return table


def _in_case(char: str, like: str) -> str:
    """A capital I of any script is listed as looking like a small L: here it is an I."""
    return "I" if like == "l" and char.isupper() else like
