"""Every kind of launch with how often it comes, on the two sides that are kept in balance."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from producers.simulated.launches.cheats import (
    bundled_launch,
    drained_launch,
    hoarded_launch,
    trapped_launch,
)
from producers.simulated.launches.honest import (
    contested_launch,
    listed_launch,
    locked_launch,
    migrating_launch,
    patient_launch,
    provided_launch,
    vested_launch,
)
from producers.simulated.launches.life import Life
from producers.simulated.scenarios.stage import Stage

#: Writes the life of a coin of that stage, in the market of that name.
Launch = Callable[[Stage, str], Life]

CHEATS: Mapping[Launch, int] = {
    drained_launch: 1,
    bundled_launch: 1,
    trapped_launch: 1,
    hoarded_launch: 1,
}
LOOK_ALIKES: Mapping[Launch, int] = {
    locked_launch: 1,
    migrating_launch: 1,
    contested_launch: 1,
    patient_launch: 1,
    provided_launch: 1,
    vested_launch: 1,
    listed_launch: 1,
}
