"""What people call a token, and which of those names mean it without ``$`` or ``#``."""

from __future__ import annotations

import re

from producers.cleaning.lookalikes import folded
from producers.registry.common_words import COMMON_WORDS, GENERIC_WORDS

#: A shorter name is an abbreviation of many things.
SHORTEST_NAME = 4
#: A longer name is a sentence.
MOST_WORDS = 10
#: Said after a common word, they make a coin's name of it.
_KINDS = ("coin", "token")
_WORD = re.compile(r"\w+")


def words_of(text: str) -> list[str]:
    """The words of a text that was ``folded``, case-folded too."""
    return _WORD.findall(text.casefold())


def is_common(words: list[str]) -> bool:
    """Whether these words, said of anything else, would be nothing special."""
    return len(words) < 3 and all(
        len(word) < SHORTEST_NAME
        or word in COMMON_WORDS
        or word in GENERIC_WORDS
        or word.isdecimal()
        for word in words
    )


def names_of(symbol: str, name: str | None) -> tuple[list[str], list[str]]:
    """The names that mean a token in running text, and the hashtags that do.

    Words of a name are joined by single spaces, those of a hashtag by nothing. A common word means
    a token only as a hashtag or when somebody says "coin" after it; a generic one in no way.
    """
    spoken: dict[str, None] = {}
    hashtags: dict[str, None] = {}
    for known in (symbol, name):
        words = words_of(folded(known)) if known else []
        if not 0 < len(words) <= MOST_WORDS or GENERIC_WORDS.issuperset(words):
            continue
        hashtags["".join(words)] = None
        if not is_common(words):
            spoken[" ".join(words)] = None
        elif words[-1] in _KINDS:
            spoken |= dict.fromkeys([" ".join(words), "".join(words)])
        else:
            for kind in _KINDS:
                spoken |= dict.fromkeys([" ".join([*words, kind]), "".join([*words, kind])])
    return list(spoken), list(hashtags)
