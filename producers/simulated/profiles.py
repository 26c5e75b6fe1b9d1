"""Who takes part in the market: tokens with their own habits, wallets, and exchanges for all."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from producers.simulated.dice import Dice, dice, words

#: A day's rhythm and a week's, as factors on the usual rates.
_DAY_MS = 86_400_000
_THURSDAY = 3  # 1970-01-01, counted from Monday
_WEEKEND_FACTOR = 0.75

_HEADS = words(
    "MOON BABY MEGA TURBO GIGA DANK COSMO LASER PIXEL NEON FUZZY HYPER CHUBBY SLEEPY GOLDEN "
    "SPICY DIZZY COZY RETRO NINJA PIRATE SPACE DISCO JOLLY FROSTY SALTY TINY MIGHTY LUCKY CHILL "
)
_TAILS = words(
    "CAT FROG HAMSTER WOOF SLOTH PANDA GOOSE DUCK TOAD BEAR BULL APE PUPPY OTTER LLAMA SHRIMP "
    "CRAB WHALE PENGU RACCOON HIPPO YAK MOOSE SQUID CORGI TACO PICKLE WAFFLE BANANA NOODLE "
    "TOAST POTATO WIZARD GNOME YETI ROBOT BRO CHAD GRANDPA INU "
)
_NAMES = [head + tail for head in _HEADS for tail in _TAILS]
_VENUES = ("simswap", "simdex", "cex-one", "cex-two")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A central exchange: hot wallets that serve everybody, deposit addresses that empty there."""

    name: str
    hot: tuple[str, ...]
    deposits: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A token's habits. Rates are per minute at its usual hour, sizes in quote units.

    ``volatility`` is the deviation of one minute's log return. ``holders`` are the largest
    private ones with their shares of the supply, largest first; ``wallets`` the retail crowd.
    """

    token: str
    symbol: str
    contract: str
    chain: str
    venue: str
    quote: str
    first_price: float
    supply: float
    volatility: float
    beta: float
    trades: float
    order_size: float
    posts: float
    mood: float
    transfers: float
    peak_ms: int
    night: float
    maker_every_ms: int | None
    shows_wallets: bool
    pool: str
    creator: str
    treasury: str
    maker: str
    holders: tuple[tuple[str, float], ...]
    wallets: tuple[str, ...]
    exchanges: tuple[Exchange, ...]

    def rhythm(self, time_ms: int) -> float:
        """The factor of day and week on all rates; its mean is a little below 1."""
        hour = math.cos(2 * math.pi * ((time_ms - self.peak_ms) % _DAY_MS) / _DAY_MS)
        weekday = (time_ms // _DAY_MS + _THURSDAY) % 7
        return (1.0 + self.night * hour) * (_WEEKEND_FACTOR if weekday >= 5 else 1.0)

    def volume(self, time_ms: int) -> float:
        """Quote units expected to be traded in one usual minute at that time."""
        return self.trades * self.order_size * self.rhythm(time_ms)


def make_profiles(market: str, tokens: int) -> list[Profile]:
    """The tokens of a market; ``market`` names it with all that shapes it."""
    chance = dice(market, "profiles")
    exchanges = tuple(
        Exchange(
            name,
            hot=tuple(chance.address() for _ in range(2)),
            deposits=tuple(chance.address() for _ in range(8)),
        )
        for name in ("cex-one", "cex-two", "cex-three")
    )
    names = chance.mixed(_NAMES)
    return [_profile(dice(market, "profile", n), names[n], exchanges) for n in range(tokens)]


def make_newcomer(
    market: str, start_ms: int, number: int, exchanges: tuple[Exchange, ...]
) -> Profile:
    """The ``number``-th coin that is launched in a market that opens then; it trades on chain."""
    chance = dice(market, start_ms, "newcomer", number)
    # Its tail is a number, so it is nobody else's name.
    symbol = f"{chance.pick(_NAMES)}{number + 2}"
    venue = chance.pick(_VENUES[:2])
    return replace(_profile(chance, symbol, exchanges), venue=venue, shows_wallets=True)


def _profile(chance: Dice, symbol: str, exchanges: tuple[Exchange, ...]) -> Profile:
    contract = chance.address()
    venue = chance.pick(_VENUES)
    quote, unit = ("WETH", 1 / 2500) if chance.chance(0.25) else ("USDT", 1.0)
    first_price = chance.spread(2e-8, 5.0)
    return Profile(
        token=f"sim:{contract}",
        symbol=symbol,
        contract=contract,
        chain="sim",
        venue=venue,
        quote=quote,
        first_price=first_price * (unit if first_price > 1e-4 else 1.0),
        supply=10.0 ** chance.whole(8, 12),
        volatility=chance.spread(0.0014, 0.0038),
        beta=chance.between(0.5, 1.6),
        trades=min(18.0, max(1.4, 3.6 * chance.heavy(0.8))),
        order_size=unit * chance.spread(40, 400),
        posts=min(3.5, max(0.3, 0.95 * chance.heavy(0.7))),
        mood=chance.between(-0.05, 0.2),
        transfers=min(2.5, max(0.25, 0.7 * chance.heavy(0.6))),
        peak_ms=int(chance.between(13, 23) * 3_600_000) % _DAY_MS,
        night=chance.between(0.2, 0.45),
        maker_every_ms=int(chance.between(20_000, 60_000)) if chance.chance(0.5) else None,
        shows_wallets=venue.startswith("sim"),
        pool=chance.address(),
        creator=chance.address(),
        treasury=chance.address(),
        maker=chance.address(),
        holders=_holders(chance),
        wallets=tuple(chance.address() for _ in range(300)),
        exchanges=exchanges,
    )


def _holders(chance: Dice) -> tuple[tuple[str, float], ...]:
    """Twenty-five large holders whose shares follow a Pareto law."""
    largest, slope = chance.between(0.03, 0.08), chance.between(0.45, 0.8)
    return tuple((chance.address(), largest * rank**-slope) for rank in range(1, 26))
