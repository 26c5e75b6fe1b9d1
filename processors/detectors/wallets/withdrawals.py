"""Who took how much from pools and exchanges lately, in bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple


class _Withdrawal(NamedTuple):
    time_ms: int
    source: str
    wallet: str
    amount: float


@dataclass(frozen=True, slots=True)
class Taking:
    """What a few wallets together took: net of what they sent on."""

    wallets: int
    amount: float
    parts: int
    first_ms: int
    #: Their part of everything that was withdrawn meanwhile.
    share: float


class WithdrawalBook:
    """The newest withdrawals within a span, at most ``limit``, and who has ever deposited.

    Use: to find the wallets that most of what leaves the market goes to. Weakness: of a token with
    more than ``limit`` withdrawals in the span only the newest count.
    """

    __slots__ = ("_depositors", "_limit", "_sent", "_span_ms", "_taken")

    def __init__(self, limit: int, span_ms: int) -> None:
        self._limit = limit
        self._span_ms = span_ms
        self._taken: deque[_Withdrawal] = deque(maxlen=limit)
        #: wallet -> what it sent on since it is in the book
        self._sent: dict[str, float] = {}
        #: The newest addresses that sent something to a pool or an exchange.
        self._depositors: dict[str, None] = {}

    def note_deposit(self, wallet: str) -> None:
        self._depositors.pop(wallet, None)
        if len(self._depositors) >= self._limit:
            del self._depositors[next(iter(self._depositors))]
        self._depositors[wallet] = None

    def has_deposited(self, wallet: str) -> bool:
        return wallet in self._depositors

    def withdraw(self, source: str, wallet: str, amount: float, time_ms: int) -> None:
        """Taken from what is a pool or an exchange, or may turn out to be one."""
        taken = self._taken
        taken.append(_Withdrawal(time_ms, source, wallet, amount))
        while taken[0].time_ms < time_ms - self._span_ms:
            taken.popleft()
        there = {each.wallet for each in taken}
        self._sent = {name: sent for name, sent in self._sent.items() if name in there}
        self._sent.setdefault(wallet, 0.0)

    def forget(self) -> None:
        """What was taken so far is told: only what follows is new."""
        self._taken.clear()
        self._sent.clear()

    def send(self, wallet: str, amount: float) -> None:
        if wallet in self._sent:
            self._sent[wallet] += amount

    def largest(
        self,
        wallets: int,
        parts: int,
        least: float,
        kept: float,
        is_source: Callable[[str], bool],
    ) -> Taking | None:
        """The few wallets that took most, each in at least so many parts, and have ``kept`` that
        part of it; none of them deposited. What counts is what came out of a source, as far as is
        known by now.

        A part counts if it is at least ``least`` of the wallet's largest one, and a wallet if it
        took at least ``least`` of what the largest one did.
        """
        sources = {each.source: is_source(each.source) for each in self._taken}
        withdrawals = [each for each in self._taken if sources[each.source]]
        found: dict[str, list[_Withdrawal]] = {}
        for each in withdrawals:
            found.setdefault(each.wallet, []).append(each)
        nets = []
        for wallet, theirs in found.items():
            if wallet in self._depositors or _comparable(theirs, least) < parts:
                continue
            taken = sum(each.amount for each in theirs)
            net = taken - self._sent[wallet]
            if net >= kept * taken:
                nets.append((net, wallet))
        nets = sorted(nets, reverse=True)[:wallets]
        nets = [(net, wallet) for net, wallet in nets if net >= least * nets[0][0]]
        if not nets:
            return None
        amount = sum(net for net, _ in nets)
        theirs = [each for _, wallet in nets for each in found[wallet]]
        first_ms = min(each.time_ms for each in theirs)
        withdrawn = sum(each.amount for each in withdrawals if each.time_ms >= first_ms)
        return Taking(
            wallets=len(nets),
            amount=amount,
            parts=len(theirs),
            first_ms=first_ms,
            share=min(1.0, amount / withdrawn),
        )


def _comparable(taken: list[_Withdrawal], least: float) -> int:
    largest = max(each.amount for each in taken)
    return sum(each.amount >= least * largest for each in taken)
