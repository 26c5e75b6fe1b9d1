"""Small streams of one token for detector tests; times are minutes after a fixed start."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable, Iterator

from processors.detectors.base import Detector, Opening, TokenView
from schemas.alerts import Signal, SignalKind, signal_id
from schemas.codec import event_time_ms
from schemas.events import Event, Post, Transfer
from schemas.times import rfc3339

START_MS = 1_700_000_000_000
EXCHANGE = "0xexchange"
POOL = "0xpool"
WHALE = "0xwhale"


def at_ms(minute: float) -> int:
    return START_MS + round(minute * 60_000)


def transfer(minute: float, sender: str, receiver: str, amount: float) -> Transfer:
    name = f"{minute}:{sender}:{receiver}:{amount}"
    return Transfer(
        id=name,
        token="token",
        symbol="TOKEN",
        event_time=rfc3339(at_ms(minute)),
        source="test",
        chain="test",
        contract="0x1",
        transaction=name,
        log_index=0,
        from_address=sender,
        to_address=receiver,
        amount=f"{amount:.6f}",
    )


def post(minute: float, text: str, author: str) -> Post:
    name = f"{minute}:{author}:{text}"
    return Post(
        id=name,
        token="token",
        symbol="TOKEN",
        event_time=rfc3339(at_ms(minute)),
        source="test",
        post_id=name,
        author=author,
        text=text,
    )


def signal(
    minute: float, kind: SignalKind, values: dict[str, float], window_ms: int = 10_000
) -> Signal:
    """A window that ends at ``minute``."""
    return Signal(
        id=signal_id(kind, "token", at_ms(minute), window_ms),
        token="token",
        symbol="TOKEN",
        kind=kind,
        event_time=rfc3339(at_ms(minute)),
        window_ms=window_ms,
        values=values,
    )


def trading(minute: float, close: float, volume: float = 100.0, buy_share: float = 0.5) -> Signal:
    return signal(
        minute,
        "trading",
        {
            "open": close,
            "high": close,
            "low": close,
            "close": close,
            "trades": 3.0,
            "buys": 2.0,
            "rush_orders": 0.0,
            "volume": volume,
            "buy_volume": volume * buy_share,
            "accumulation": 0.0,
            "anomaly": 0.0,
        },
    )


def talk(minute: float, mentions: int, mood: float) -> Signal:
    return signal(
        minute,
        "sentiment",
        {
            "mentions": float(mentions),
            "authors": float(mentions),
            "sentiment": mood,
            "rolling_sentiment": mood,
            "mention_rate": float(mentions),
            "rolling_authors": float(mentions),
            "anomaly": 0.0,
        },
    )


class ViewFeed:
    """A view that grows signal by signal, as on the joined axis."""

    def __init__(self) -> None:
        self.view = TokenView("token", "TOKEN")

    def add(self, added: Signal) -> TokenView:
        recent = self.view.recent.setdefault(added.kind, deque(maxlen=360))
        recent.append(added)
        return self.view


def usual_transfers(minutes: int, seed: int = 1) -> Iterator[Transfer]:
    """A crowd that deals with an exchange and a pool, about two transfers a minute."""
    chance = random.Random(seed)
    wallets = [f"0xwallet{number}" for number in range(60)]
    yield transfer(0.0, "0x" + "0" * 40, WHALE, 50_000.0)
    for step in range(2 * minutes):
        wallet = wallets[int(chance.random() * len(wallets))]
        hub = EXCHANGE if chance.random() < 0.5 else POOL
        pair = (wallet, hub) if chance.random() < 0.5 else (hub, wallet)
        yield transfer(0.1 + step / 2, *pair, 100.0 * 2.0 ** chance.gauss(0.0, 1.0))


def openings(detector: Detector[Event], events: Iterable[Event]) -> list[tuple[int, Opening]]:
    """What a detector says about events in order, with the time at which it says so."""
    found = []
    for event in events:
        time_ms = event_time_ms(event)
        opening = detector.observe(event, time_ms)
        if opening is not None:
            found.append((time_ms, opening))
    return found
