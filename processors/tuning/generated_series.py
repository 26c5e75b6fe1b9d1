"""Generated series with known anomalies, of ten kinds, to hold settings against.

They keep a choice made on recorded series of a few kinds from being a choice for those kinds
only. The kinds are everyday ones of operations and of trade; their shapes are made up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Generator = np.random.Generator
#: Fills in a series' values and puts an anomaly at each of the given rows.
Kind = Callable[[Generator, int, list[int]], Floats]

_FIVE_MINUTES_MS = 300_000
_DAY_MS = 86_400_000
#: The share of a series' rows that its windows cover together.
_WINDOWS_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class GeneratedSeries:
    """Times, values, and a window around each anomaly as first and last row."""

    name: str
    times_ms: tuple[int, ...]
    values: tuple[float, ...]
    windows: tuple[tuple[int, int], ...]


def generate(seeds: int) -> list[GeneratedSeries]:
    """Series of every kind with each of the seeds 0, 1, …"""
    return [
        _generate(number, name, kind, seed)
        for number, (name, kind) in enumerate(_KINDS.items())
        for seed in range(seeds)
    ]


def _generate(number: int, name: str, kind: Kind, seed: int) -> GeneratedSeries:
    generator = np.random.default_rng((number, seed))
    rows, interval_ms = _SHAPES.get(name, (4_000, _FIVE_MINUTES_MS))
    times = np.arange(rows) * interval_ms
    if name == "irregular_daily_dips":
        steps = generator.choice([1, 2, 3, 12, 48], rows, p=[0.5, 0.2, 0.2, 0.09, 0.01])
        times = np.cumsum(steps) * interval_ms
    starts = _starts(generator, rows, int(generator.integers(1, 4)))
    half = round(rows * _WINDOWS_SHARE / len(starts)) // 2
    values = kind(generator, rows, starts)
    if name in _DAILY:
        values = values + _DAILY[name] * np.sin(2 * np.pi * times / _DAY_MS)
    return GeneratedSeries(
        name=f"{name}/{seed}",
        times_ms=tuple(times.tolist()),
        values=tuple(np.round(values, 6).tolist()),
        windows=tuple((start - half, min(rows - 1, start + half)) for start in starts),
    )


def _starts(generator: Generator, rows: int, anomalies: int) -> list[int]:
    """Rows beyond the probation whose windows do not overlap."""
    apart = 1.3 * rows * _WINDOWS_SHARE / anomalies
    while True:
        starts = sorted(generator.integers(rows // 4, round(0.93 * rows), anomalies).tolist())
        if all(b - a > apart for a, b in pairwise(starts)):
            return starts


def _noise(generator: Generator, rows: int, memory: float, scale: float) -> Floats:
    """Noise in which each value keeps a share of the one before."""
    values = generator.normal(0.0, scale, rows)
    for row in range(1, rows):
        values[row] += memory * values[row - 1]
    return values


def _idle_with_spikes(generator: Generator, rows: int, starts: list[int]) -> Floats:
    values = 1.0 + np.abs(_noise(generator, rows, 0.3, 0.05))
    spikes = generator.random(rows) < 1 / 250
    values[spikes] += generator.lognormal(0.0, 0.5, int(spikes.sum()))
    for start in starts:
        if generator.random() < 0.5:
            values[start] += generator.uniform(8, 24)
        else:
            values[start : start + generator.integers(30, 400)] += generator.uniform(0.7, 3)
    return values


def _busy_with_another_level(generator: Generator, rows: int, starts: list[int]) -> Floats:
    values = 45.0 + _noise(generator, rows, 0.6, 2.0)
    for start in starts:
        lasts = int(generator.integers(20, 600))
        change = generator.choice([-1.0, 1.0]) * generator.uniform(12, 30)
        values[start : start + lasts] += change
    return values


def _daily_with_an_outage(generator: Generator, rows: int, starts: list[int]) -> Floats:
    values = 60.0 + _noise(generator, rows, 0.5, 3.0)
    for start in starts:
        values[start : start + generator.integers(6, 60)] -= generator.uniform(50, 60)
    return values


def _hourly_wander(generator: Generator, rows: int, starts: list[int]) -> Floats:
    values = 70.0 + _noise(generator, rows, 0.98, 0.5)
    for start in starts:
        bump = np.hanning(int(generator.integers(20, 100))) * generator.uniform(6, 14)
        end = min(rows, start + bump.size)
        values[start:end] += generator.choice([-1.0, 1.0]) * bump[: end - start]
    return values


def _weekly_demand(generator: Generator, rows: int, starts: list[int]) -> Floats:
    weekend = (np.arange(rows) // 48) % 7 >= 5
    values = 15_000.0 + np.where(weekend, -3_000.0, 0.0) + _noise(generator, rows, 0.8, 400.0)
    for start in starts:
        lasts = generator.integers(24, 60)
        values[start : start + lasts] += generator.choice([-7_000.0, 7_000.0])
    return values


def _irregular_daily_dips(generator: Generator, rows: int, starts: list[int]) -> Floats:
    values = 65.0 + _noise(generator, rows, 0.3, 4.0)
    for start in starts:
        values[start : start + generator.integers(5, 30)] -= generator.uniform(30, 45)
    return values


def _latency(generator: Generator, rows: int, starts: list[int]) -> Floats:
    values = generator.lognormal(3.0, 0.4, rows)
    for start in starts:
        lasts = int(generator.integers(10, 150))
        end = min(rows, start + lasts)
        values[start:end] *= generator.lognormal(0.8, 0.6, end - start)
    return values


def _saw_tooth(generator: Generator, rows: int, starts: list[int]) -> Floats:
    period = int(generator.integers(100, 500))
    values = (np.arange(rows) % period) * (80 / period) + 10.0 + generator.normal(0.0, 1.0, rows)
    for start in starts:
        values[start : start + generator.integers(period // 2, 2 * period)] = values[start]
    return values


def _bursts(generator: Generator, rows: int, starts: list[int]) -> Floats:
    values = np.zeros(rows)
    ordinary = generator.random(rows) < 1 / 60
    values[ordinary] = generator.lognormal(10.0, 1.0, int(ordinary.sum()))
    for start in starts:
        end = min(rows, start + int(generator.integers(20, 80)))
        values[start:end] = generator.lognormal(10.5, 0.8, end - start)
    return values


def _counts(generator: Generator, rows: int, starts: list[int]) -> Floats:
    rate = np.full(rows, generator.choice([2.0, 20.0]))
    for start in starts:
        end = min(rows, start + int(generator.integers(6, 60)))
        rate[start:end] *= generator.uniform(3, 6)
    return generator.poisson(rate).astype(np.float64)


_KINDS: dict[str, Kind] = {
    "idle_with_spikes": _idle_with_spikes,
    "busy_with_another_level": _busy_with_another_level,
    "daily_with_an_outage": _daily_with_an_outage,
    "hourly_wander": _hourly_wander,
    "weekly_demand": _weekly_demand,
    "irregular_daily_dips": _irregular_daily_dips,
    "latency": _latency,
    "saw_tooth": _saw_tooth,
    "bursts": _bursts,
    "counts": _counts,
}
#: Rows and milliseconds between them, where they are not 4,000 and five minutes.
_SHAPES = {
    "hourly_wander": (6_000, 3_600_000),
    "weekly_demand": (6_000, 1_800_000),
    "irregular_daily_dips": (2_500, _FIVE_MINUTES_MS),
}
#: The height of a daily rhythm.
_DAILY = {
    "daily_with_an_outage": 25.0,
    "hourly_wander": 2.0,
    "weekly_demand": 8_000.0,
    "irregular_daily_dips": 12.0,
}
