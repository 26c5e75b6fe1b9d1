"""Which language a text is in, when that can be known."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

#: Those that people post in; among more, short texts are taken for the rare ones.
LANGUAGES = tuple(
    """ar bg bn cs da de el en es fa fi fr he hi hu id it ja ko ms nl no pl pt ro ru sv ta th tl tr
    uk ur vi zh""".split()  # noqa: SIM905
)
#: Below these the guess is wrong too often.
FEWEST_LETTERS = 12
SUREST_FEW = 0.8
#: More does not change the answer.
_MOST = 400

_CODE = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9-_]*)?")
#: What feeds say when they do not know: undetermined, no language, X's own codes for odd posts.
_UNKNOWN = frozenset("und zxx mul mis qaa qam qct qht qme qst art".split())  # noqa: SIM905
_NO_WORD = re.compile(r"https?://\S+|[$#@][\w.]+|0x[0-9a-fA-F]+|\b[0-9A-Za-z]{25,}\b|[\W\d_]+")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def language_of(text: str) -> str | None:
    """The ISO 639-1 code of a text's language; None when it is too short or not sure enough."""
    words = _NO_WORD.sub(" ", text[: 4 * _MOST]).strip()[:_MOST]
    # A sign of Chinese, Japanese or Korean says about as much as three letters.
    if len(words) + 2 * len(_CJK.findall(words)) < FEWEST_LETTERS:
        return None
    return _language(words)


def language_code(code: str | None) -> str | None:
    """The language of a feed's own code (``pt-BR`` is ``pt``); None when it names none."""
    if code is None or (found := _CODE.fullmatch(code.strip())) is None:
        return None
    language = found[1].lower()
    return None if language in _UNKNOWN else language


@lru_cache(maxsize=4096)
def _language(words: str) -> str | None:
    language, confidence = _identifier().classify(words)
    return str(language) if confidence >= SUREST_FEW else None


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    # The model takes a second to load, so not before a post needs it.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(LANGUAGES)
    return identifier
