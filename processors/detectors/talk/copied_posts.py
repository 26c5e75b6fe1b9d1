"""The posts of the last minutes, and which of them say what another one said."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from processors.detectors.talk.alike_texts import AlikeTexts
from processors.detectors.talk.near_duplicates import Sketch


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
    that of ``AlikeTexts``. Bounded in posts and in texts; beyond, the oldest posts go.
    """

    def __init__(
        self, span_ms: int, most_posts: int, most_texts: int, alike: float, copies: int
    ) -> None:
        """A text is copied when ``copies`` posts of the span resemble it by ``alike``."""
        self._span_ms = span_ms
        self._most_posts = most_posts
        self._copies = copies
        self._posts: deque[Said] = deque()
        self._texts = AlikeTexts(most_texts, alike)

    def __len__(self) -> int:
        return len(self._posts)

    @property
    def copied(self) -> int:
        """Posts of the span whose text is copied."""
        return sum(self._texts.copied(self._copies).values())

    def place(self, sketch: Sketch | None) -> int:
        """The number of the text that a post belongs to; see ``AlikeTexts.place``."""
        return self._texts.place(sketch)

    def add(self, said: Said) -> bool:
        """Remember a post; whether its text is copied."""
        self._posts.append(said)
        self._texts.add(said.text)
        return self._texts.posts(said.text) >= self._copies

    def left(self, time_ms: int) -> tuple[Said, bool] | None:
        """The oldest post if it has left the span, and whether it was a copy; call until None."""
        if not self._posts:
            return None
        oldest = self._posts[0]
        if oldest.time_ms > time_ms - self._span_ms and len(self._posts) <= self._most_posts:
            return None
        self._posts.popleft()
        copied = self._texts.posts(oldest.text) >= self._copies
        self._texts.remove(oldest.text)
        return oldest, copied

    def campaign(self) -> Campaign | None:
        """All copied texts of the span taken together; None when nothing is copied."""
        copied = self._texts.copied(self._copies)
        copies = [said for said in self._posts if said.text in copied]
        if not copies:
            return None
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
