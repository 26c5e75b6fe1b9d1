"""How far a listing of Reddit was read: a time, and what beyond it is already done."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from producers.live.reddit_api import Child

#: What was made this long before the newest may still appear: Reddit's own order is not exact.
OVERLAP_S = 120.0
MOST_SEEN = 500


class Place(msgspec.Struct, frozen=True):
    """Everything older than ``since`` (seconds since the epoch) is done, and so is ``seen``."""

    since: float
    #: By fullname: when it was made.
    seen: dict[str, float] = {}

    def is_new(self, child: Child) -> bool:
        """Whether it is still to be read."""
        return child.created >= self.since and child.fullname not in self.seen

    def after(self, children: Iterable[Child]) -> Place:
        """The place when these are done as well, and all that is older than the overlap."""
        seen = self.seen | {child.fullname: child.created for child in children}
        newest = sorted(seen.items(), key=lambda item: -item[1])
        since = max(self.since, newest[0][1] - OVERLAP_S) if newest else self.since
        if len(newest) > MOST_SEEN:
            # Times are whole seconds: what shares one with the first left out is left out too.
            since = max(since, newest[MOST_SEEN][1] + 1)
        return Place(since, {name: created for name, created in newest if created >= since})

    @classmethod
    def asked(cls, moment: float, children: Iterable[Child]) -> Place:
        """The place after a listing was read whole at a moment (seconds since the epoch)."""
        since = moment - OVERLAP_S
        return cls(since, {c.fullname: c.created for c in children if c.created >= since})

    def also(self, children: Iterable[Child]) -> Place:
        """The same place, with these among what is done beyond it."""
        seen = self.seen | {c.fullname: c.created for c in children if c.created >= self.since}
        return Place(self.since, _newest(seen))

    def joined(self, parts: Iterable[Place]) -> Place:
        """The place of listings that were read one after another, as of the first of them."""
        parts = list(parts)
        since = max(self.since, min((part.since for part in parts), default=self.since))
        seen = dict(self.seen)
        for part in parts:
            seen |= part.seen
        return Place(since, _newest({name: at for name, at in seen.items() if at >= since}))


def _newest(seen: dict[str, float]) -> dict[str, float]:
    """As many as are kept: what does not fit comes once more, which is harmless."""
    return dict(sorted(seen.items(), key=lambda item: -item[1])[:MOST_SEEN])
