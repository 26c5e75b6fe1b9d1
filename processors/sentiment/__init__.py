"""The sentiment of one text: VADER with the words of this field, and a learned model on top.

Use: posts about coins and shares, in English. Weakness: irony, other languages, and who is meant
where several are spoken of. The model is fixed by the version of the code, so a replay gives the
same scores; it is trained by ``processors.tuning.sentiment``.

Sources: Hutto & Gilbert 2014 (VADER); Wang & Manning 2012, section 2.3 (naive Bayes log-count
ratios as inputs of a linear model); River's MultinomialNB and LogisticRegression do the learning.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Literal

from processors.sentiment.learned import shipped
from processors.sentiment.phrases import phrases
from processors.sentiment.vader import Vader

Label = Literal["negative", "neutral", "positive"]

#: Copied posts are common and scoring is the dearest step there is (200 µs); about 30 MiB.
_CACHED_TEXTS = 65_536
#: The cost grows with the text; what follows after this many characters hardly matters.
SCORED_CHARACTERS = 2_000


@lru_cache(maxsize=_CACHED_TEXTS)
def sentiment(text: str) -> float:
    """How the author feels about what is spoken of, in −1..1; a pure function of the text."""
    text = text[:SCORED_CHARACTERS]
    vader = shipped_vader()
    return shipped().score(phrases(text, vader.valence), vader.feel(text))


def label(score: float) -> Label:
    """The word for a score: its side, however faint. Neutral is 0 alone: nothing known, or a tie.

    How strong a mood must be to matter is told by the score, and is up to whoever reads it.
    """
    if not score:
        return "neutral"
    return "positive" if score > 0 else "negative"


@cache
def shipped_vader() -> Vader:
    return Vader()
