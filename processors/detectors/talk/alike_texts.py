"""Which of the texts of the last minutes a post repeats."""

from __future__ import annotations

from dataclasses import dataclass

from processors.detectors.talk.near_duplicates import Sketch, resemblance


@dataclass(slots=True)
class _Text:
    """A text as it was first said, and how many posts resemble it."""

    sketch: Sketch
    posts: int = 0


class AlikeTexts:
    """Texts by number, each with the count of the posts that resemble it.

    Use: to see that few texts are said again and again, online. Weakness: a text that changes step
    by step is told by its first form, and paraphrases are other texts. Leader clustering (Hartigan
    1975): a post belongs to the remembered text that it resembles most, or becomes a new one.
    Bounded in texts; beyond, those with the fewest posts go, the oldest first.
    """

    def __init__(self, most_texts: int, alike: float) -> None:
        """A post belongs to a text when it resembles it by ``alike`` at least."""
        self._most_texts = most_texts
        self._alike = alike
        self._texts: dict[int, _Text] = {}
        self._next = 0

    def __len__(self) -> int:
        return len(self._texts)

    def place(self, sketch: Sketch | None) -> int:
        """The number of the text that a post belongs to, a new one when it resembles none.

        -1 when it says too little to resemble any.
        """
        if sketch is None:
            return -1
        best, highest = -1, self._alike
        for number, text in self._texts.items():
            # What shares few pairs cannot reach the bar; most texts share none.
            if 2 * len(sketch & text.sketch) < self._alike * len(text.sketch):
                continue
            alike = resemblance(sketch, text.sketch)
            if alike >= highest and (best < 0 or alike > highest):
                best, highest = number, alike
        if best < 0:
            if len(self._texts) >= self._most_texts:
                del self._texts[min(self._texts, key=lambda n: (self._texts[n].posts, n))]
            best = self._next
            self._next += 1
            self._texts[best] = _Text(sketch)
        return best

    def posts(self, number: int) -> int:
        """How many posts resemble a text; none when it is not remembered."""
        text = self._texts.get(number)
        return text.posts if text is not None else 0

    def copied(self, posts: int) -> dict[int, int]:
        """The texts that so many posts resemble at least, with their number of posts."""
        return {n: text.posts for n, text in self._texts.items() if text.posts >= posts}

    def add(self, number: int) -> None:
        """Count a post that was placed."""
        text = self._texts.get(number)
        if text is not None:
            text.posts += 1

    def remove(self, number: int) -> None:
        """Let go a post that was added; a text without posts is forgotten."""
        text = self._texts.get(number)
        if text is not None:
            text.posts -= 1
            if text.posts <= 0:
                del self._texts[number]
