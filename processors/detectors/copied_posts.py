"""The posts of the last minutes, and which of them say what another one said."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from processors.detectors.near_duplicates import Sketch, resemblance


@dataclass(frozen=True, slots=True)
class Said:
    """One post as it is remembered. ``young`` is None where the account's age is not known."""

    time_ms: int
    #: A checksum: names may be long, and a rare double only lowers the count of authors.
    author: int
    young: bool | None
    invites: bool
    #: The number of the text that it resembles; -1 when it says too little to resemble any.
    text: int


@dataclass(slots=True)
class _Text:
    """A text as it was first said, and how many posts of the span resemble it."""

    sketch: Sketch
    posts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """The copied posts of the span, and who wrote them.

    ``texts`` counts the texts that are copied, ``others`` the posts of the same authors that are
    no copies, ``aged`` those copies whose author's age is known.
    """

    posts: int
    authors: int
    texts: int
    others: int
    aged: int
    young: int
    invites: int
    first_ms: int


class CopiedPosts:
    """Posts of a sliding span, each with the text it resembles most.

    Use: to tell a campaign, in which few texts are said again and again, from a crowd. Weakness:
    a text that changes step by step is told by its first form, and paraphrases are other texts.
    Leader clustering (Hartigan 1975): a post belongs to the remembered text that it resembles
    most, or becomes a new one. Bounded in posts and in texts; beyond, the oldest go.
    """

    def __init__(
        self, span_ms: int, most_posts: int, most_texts: int, alike: float, copies: int
    ) -> None:
        """A text is copied when ``copies`` posts of the span resemble it by ``alike``."""
        self._span_ms = span_ms
        self._most_posts = most_posts
        self._most_texts = most_texts
        self._alike = alike
        self._copies = copies
        self._posts: deque[Said] = deque()
        self._texts: dict[int, _Text] = {}
        self._next = 0
        #: Posts of the span whose text is copied.
        self.copied = 0

    def __len__(self) -> int:
        return len(self._posts)

    def place(self, sketch: Sketch | None) -> int:
        """The number of the text that a post belongs to, a new one when it resembles none."""
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
                self._forget(min(self._texts, key=lambda n: (self._texts[n].posts, n)))
            best = self._next
            self._next += 1
            self._texts[best] = _Text(sketch)
        return best

    def add(self, said: Said) -> bool:
        """Remember a post; whether its text is copied."""
        self._posts.append(said)
        text = self._texts.get(said.text)
        if text is None:
            return False
        self.copied -= self._counted(text)
        text.posts += 1
        self.copied += self._counted(text)
        return text.posts >= self._copies

    def left(self, time_ms: int) -> tuple[Said, bool] | None:
        """The oldest post if it has left the span, and whether it was a copy; call until None."""
        if not self._posts:
            return None
        oldest = self._posts[0]
        if oldest.time_ms > time_ms - self._span_ms and len(self._posts) <= self._most_posts:
            return None
        self._posts.popleft()
        text = self._texts.get(oldest.text)
        if text is None:
            return oldest, False
        copied = text.posts >= self._copies
        self.copied -= self._counted(text)
        text.posts -= 1
        self.copied += self._counted(text)
        if not text.posts:
            del self._texts[oldest.text]
        return oldest, copied

    def campaign(self) -> Campaign | None:
        """All copied texts of the span taken together; None when nothing is copied."""
        if not self.copied:
            return None
        copied = {n for n, text in self._texts.items() if text.posts >= self._copies}
        copies = [said for said in self._posts if said.text in copied]
        authors = {said.author for said in copies}
        return Campaign(
            posts=len(copies),
            authors=len(authors),
            texts=len(copied),
            others=sum(said.author in authors and said.text not in copied for said in self._posts),
            aged=sum(said.young is not None for said in copies),
            young=sum(said.young is True for said in copies),
            invites=sum(said.invites for said in copies),
            first_ms=copies[0].time_ms,
        )

    def _counted(self, text: _Text) -> int:
        return text.posts if text.posts >= self._copies else 0

    def _forget(self, number: int) -> None:
        self.copied -= self._counted(self._texts[number])
        del self._texts[number]
