"""What a token's large holders got, and since when they have not moved it: bounded memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from zlib import crc32

from processors.detectors.wallets.holders import is_nowhere

#: Senders that are remembered for each holder: wallets of small means move too.
_SENDERS = 4


@dataclass(slots=True)
class Awakening:
    """What a holder sent on after a rest, as one movement however it is sliced."""

    first_ms: int
    #: How long it had rested then, and what it held.
    idle_ms: int
    held: float
    last_ms: int
    amount: float = 0.0
    parts: int = 0


@dataclass(slots=True)
class _Hoard:
    """A holder: how much it is known to hold, when it last moved some or got much."""

    amount: float
    active_ms: int
    awakening: Awakening | None = None
    #: To whom it has ever sent (checksums), up to a bound; beyond it, it pays many.
    receivers: list[int] = field(default_factory=list)
    pays: bool = False

    def weight(self) -> float:
        """What makes it worth remembering: what it holds, and what it has just moved."""
        return self.amount + (self.awakening.amount if self.awakening is not None else 0.0)


class HoardBook:
    """The largest holders by what they are known to have received, with the time since when they
    rest.

    Use: how long a wallet has not stirred, as far as the log can tell. A receipt that is small
    beside what is held (dust) does not count as stirring. Weakness: a holder from before the log
    began, or one pushed out by larger ones, is unknown until it receives something or a profile
    names it. Of senders a few times as many are remembered, with how often they have moved.
    """

    __slots__ = (
        "_hoards",
        "_limit",
        "_movements",
        "_receivers",
        "_rest_ms",
        "_senders",
        "_significant",
    )

    def __init__(
        self, limit: int, significant: float, rest_ms: int, receivers: int, movements: int
    ) -> None:
        self._limit = limit
        self._significant = significant
        self._rest_ms = rest_ms
        self._receivers = receivers
        self._movements = movements
        #: Who sent lately (checksums), the newest last: movements, and when the last one went on.
        self._senders: dict[int, tuple[int, int]] = {}
        self._hoards: dict[str, _Hoard] = {}

    def total(self) -> float:
        """Tokens held by all known holders together."""
        return sum(hoard.amount for hoard in self._hoards.values())

    def note(self, address: str, amount: float, time_ms: int) -> None:
        """It is known to hold this much now, and nothing is known of it before."""
        known = self._hoards.get(address)
        if known is not None:
            known.amount = amount
        elif amount > 0.0:
            self._add(address, amount, time_ms)

    def receive(self, address: str, amount: float, time_ms: int) -> None:
        if is_nowhere(address):
            return
        known = self._hoards.get(address)
        if known is None:
            self._add(address, amount, time_ms)
            return
        known.amount += amount
        if amount >= self._significant * known.amount and time_ms > known.active_ms:
            known.active_ms = time_ms

    def send(self, address: str, receiver: str, amount: float, time_ms: int) -> Awakening | None:
        """What the holder's movement amounts to with this; None of who is not known, pays many or
        moves again and again.

        It begins with the first transfer after a rest of more than ``rest_ms``.
        """
        movements = self._count(address, time_ms)
        known = self._hoards.get(address)
        if known is None:
            return None
        awakening = known.awakening
        if awakening is None or time_ms - awakening.last_ms > self._rest_ms:
            idle_ms = max(0, time_ms - known.active_ms)
            awakening = known.awakening = Awakening(time_ms, idle_ms, known.amount, time_ms)
        awakening.last_ms = max(awakening.last_ms, time_ms)
        awakening.amount += amount
        awakening.parts += 1
        if (whom := crc32(receiver.encode())) not in known.receivers:
            if len(known.receivers) < self._receivers:
                known.receivers.append(whom)
            else:
                known.pays = True
        # It may hold more than it is known to.
        known.amount = max(0.0, known.amount - amount)
        known.active_ms = max(known.active_ms, time_ms)
        return None if known.pays or movements > self._movements else awakening

    def _count(self, address: str, time_ms: int) -> int:
        """How many movements of the sender are known, this one included."""
        senders, whose = self._senders, crc32(address.encode())
        count, last_ms = senders.pop(whose, (0, 0))
        if not count or time_ms - last_ms > self._rest_ms:
            count += 1
        if len(senders) >= _SENDERS * self._limit:
            del senders[next(iter(senders))]
        senders[whose] = (count, max(last_ms, time_ms))
        return count

    def _add(self, address: str, amount: float, time_ms: int) -> None:
        hoards = self._hoards
        if len(hoards) >= self._limit:
            for hoard in hoards.values():
                if hoard.awakening and time_ms - hoard.awakening.last_ms > self._rest_ms:
                    hoard.awakening = None
            smallest = min(hoards, key=lambda name: (hoards[name].weight(), name))
            if hoards[smallest].weight() >= amount:
                return
            del hoards[smallest]
        hoards[address] = _Hoard(amount, time_ms)
