"""A market made up for demonstration and measurement, with cheats at known times."""

from producers.simulated.generator import SimulatedMarket

__all__ = ["SimulatedMarket"]
