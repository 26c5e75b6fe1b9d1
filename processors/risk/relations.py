"""How patterns stand to each other: which is stronger, which contradict, how long they are one."""

from __future__ import annotations

from schemas.alerts import Pattern

#: The stronger first: what takes a holder's money at once, then what moves the price, then who
#: prepares it, then talk. Of alerts that are one event the strongest speaks for all.
_STRONGEST_FIRST: tuple[Pattern, ...] = (
    "rug_pull",
    "honeypot",
    "pump_and_dump",
    "whale_dump",
    "sniper_bundle",
    "holder_concentration",
    "shilling",
    "wash_trading",
    "whale_accumulation",
    "dormant_wallet",
    "sentiment_price_divergence",
    "sentiment_spike",
    "mention_burst",
)
_RANKS = {pattern: -place for place, pattern in enumerate(_STRONGEST_FIRST)}

#: Pairs that cannot both be what they seem, by pattern and, where it matters, phase at the opening.
#: Somebody who sells and somebody who buys as much are perhaps one who moves; whoever panics or
#: trades the other way does not follow a pump.
_CONTRADICTIONS: frozenset[frozenset[str]] = frozenset(
    frozenset(pair)
    for pair in (
        ("whale_dump", "whale_accumulation"),
        ("pump_and_dump", "sentiment_spike/panic"),
        ("pump_and_dump", "sentiment_price_divergence/price falls, talk cheers"),
        ("whale_accumulation", "sentiment_price_divergence/price falls, talk cheers"),
        ("whale_dump", "sentiment_price_divergence/price rises, talk sours"),
    )
)

#: What opens within half an hour of another about the same token is one event with it; of the
#: stages of a launch, whose alerts are followed for hours, what opens within six hours.
_TOGETHER_MS = 1_800_000
_LAUNCH_MS = 21_600_000
_LAUNCH: frozenset[Pattern] = frozenset(
    ("rug_pull", "honeypot", "sniper_bundle", "holder_concentration")
)


def rank(pattern: Pattern) -> int:
    """The higher the stronger."""
    return _RANKS[pattern]


def contradict(first: tuple[Pattern, str], second: tuple[Pattern, str]) -> bool:
    """Whether two alerts, by pattern and phase at the opening, speak against each other."""
    names = [{pattern, f"{pattern}/{phase}"} for pattern, phase in (first, second)]
    return any(frozenset((one, other)) in _CONTRADICTIONS for one in names[0] for other in names[1])


def belong_together(first: Pattern, second: Pattern, apart_ms: int) -> bool:
    """Whether two alerts about one token that opened so many milliseconds apart are one event."""
    both = first in _LAUNCH and second in _LAUNCH
    return apart_ms <= (_LAUNCH_MS if both else _TOGETHER_MS)
