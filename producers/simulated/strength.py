"""How strong a cheat is, measured against recorded pumps.

Cited facts, measured on 30 announced pumps on Binance, 2018 to 2021 (trades recorded by La Morgia
et al., "Pump and Dumps in the Bitcoin Era", 2020), each against its own six hours before:

=====================================================  ======  ======  ======  ======
within 60 s of the onset                               lower q median  upper q   max
=====================================================  ======  ======  ======  ======
highest price over the price before, minus 1             0.105   0.175   0.256   2.14
the same within 20 s                                     0.072   0.159   0.251   2.14
quote volume over the usual minute's                       503     964    1790   5000
trades over the usual minute's                             225     341     768   2020
rush orders (several buys in one millisecond)               33      67      93   1080
fills of a rush order, mean                                3.0     3.9     4.1    6.0
log rise to the highest price within the first minute     35.2    65.5     127    401
over the deviation of a minute's log return before
=====================================================  ======  ======  ======  ======

Usual there: 1.1 / 1.9 / 3.1 trades a minute (quartiles), 0.10 rush buys a minute, deviation of a
minute's log return 0.17 / 0.26 / 0.36 %; the highest price comes 20 / 59 / 166 s after the onset;
half an hour later the price is -1.5 / +1.4 / +7.9 % of the price before; volume in the hour before
is 0.65 / 1.3 / 3.1 times the usual.

So *weak* means below the lower quartile in rise, volume ratio and rush orders at once (weaker than
the weakest quarter by every measure), *medium* from the lower quartile to the median, *strong*
above. A third of every kind of cheat is weak; kinds without a recorded counterpart use bounds that
stand in the same relation to the token's own background, named beside each scenario.
"""

from __future__ import annotations

from producers.simulated.dice import Dice
from producers.simulated.truth import Strength

#: (lower quartile, median, upper quartile) of the recorded pumps, first minute.
RECORDED_RISE = (0.105, 0.175, 0.256)
RECORDED_VOLUME_RATIO = (503.0, 964.0, 1790.0)
RECORDED_RUSH_ORDERS = (33.0, 66.5, 93.0)

STRENGTHS: tuple[Strength, ...] = ("weak", "medium", "strong")

Bounds = dict[Strength, tuple[float, float]]


def draw(chance: Dice, strength: Strength, bounds: Bounds) -> float:
    """A value within the strength's bounds, even in the logarithm."""
    return chance.spread(*bounds[strength])
