"""What the learned model sees of a post: words, word pairs, and patterns of meanings.

"bears … crying" and "shorts … burned" are the same pattern: somebody who bets against the coin is
hurt. Such patterns carry over to words that the labelled posts never put together.
"""

from __future__ import annotations

from processors.sentiment.lexicon import MEANING
from processors.sentiment.words import words

#: Letters of a word that tell its stem.
_STEM = 5
#: Words over which two or three meanings belong together, or closely together.
_PAIR_REACH = 6
_CLOSE_REACH = 2
_TRIPLE_REACH = 8
#: Words over which a negation reaches.
_NEGATION_REACH = 3
#: Meanings of a post that are looked at; what follows is more of the same.
_MEANINGS = 160


def phrases(text: str, valence: dict[str, float]) -> list[str]:
    """The post's distinct phrases, in order; ``valence`` tells the mood of everyday words."""
    tokens = words(text)
    stems = [word[:_STEM] for word in tokens]
    found = list(tokens)
    found.extend(f"{one} {two}" for one, two in zip(["^", *tokens], [*tokens, "$"], strict=True))
    found.extend(f"~{stem}" for stem in stems)
    found.extend(f"~{one} {two}" for one, two in zip(["^", *stems], [*stems, "$"], strict=True))
    found.extend(_patterns(_meanings(tokens, valence)))
    return list(dict.fromkeys(found))


def _meanings(tokens: list[str], valence: dict[str, float]) -> list[tuple[int, str]]:
    """Position and meaning of each word that has one; ``!`` marks a negated one."""
    found: list[tuple[int, str]] = []
    negated_until = -1
    for place, word in enumerate(tokens):
        meaning = MEANING.get(word) or _plain_meaning(word, valence)
        if meaning is None:
            continue
        found.append((place, f"{meaning}!" if place <= negated_until else meaning))
        if meaning == "not":
            negated_until = place + _NEGATION_REACH
        if len(found) == _MEANINGS:
            break
    return found


def _plain_meaning(word: str, valence: dict[str, float]) -> str | None:
    """The meaning of a word that is none of this field's."""
    if word in valence:
        return "pleasant" if valence[word] > 0 else "unpleasant"
    if word[0] == "<":
        return word
    return word[:2] if word[0] in "!?." else None


def _patterns(meanings: list[tuple[int, str]]) -> list[str]:
    found = [f"#{meaning}" for _, meaning in meanings]
    for number, (place, meaning) in enumerate(meanings):
        for later, other in meanings[number + 1 :]:
            if later - place > _PAIR_REACH:
                break
            found.append(f"#{meaning} {other}")
            if later - place <= _CLOSE_REACH:
                found.append(f"#{meaning}>{other}")
    for one, two, three in zip(meanings, meanings[1:], meanings[2:], strict=False):
        if three[0] - one[0] <= _TRIPLE_REACH:
            found.append(f"#{one[1]} {two[1]} {three[1]}")
    if meanings:
        found.append(f"#^ {meanings[0][1]}")
        found.append(f"#{meanings[-1][1]} $")
    return found
