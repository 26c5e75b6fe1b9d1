"""The figures as a table: ours, below it what it is held against, their ratio and the aim."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich.table import Table


@dataclass(frozen=True, slots=True)
class _Row:
    """A figure by its names in the file; ``ratio`` and the aim are those of what is held against.

    The aim is a bound of the ratio.
    """

    measurement: str
    figure: str
    ratio: str | None = None
    at_least: float | None = None
    at_most: float | None = None

    @property
    def aim(self) -> str:
        if self.at_least is not None:
            return f"≥ {self.at_least:g}"
        return "" if self.at_most is None else f"≤ {self.at_most:g}"

    def met(self, ratio: float) -> bool:
        if self.at_least is not None:
            return ratio >= self.at_least
        return self.at_most is None or ratio <= self.at_most


_ROWS = (
    _Row("worker", "events_per_second"),
    _Row("worker", "bare_loop", "of_bare_loop", at_least=0.7),
    _Row("worker", "quix_streams", "of_quix_streams", at_least=2),
    _Row("worker_production", "events_per_second"),
    _Row("latency_ms", "p50"),
    _Row("latency_ms", "kafka_p50", "p50_ratio", at_most=6),
    _Row("latency_ms", "p99"),
    _Row("latency_ms", "kafka_p99", "p99_ratio", at_most=6),
    _Row("sink", "rows_per_second"),
    _Row("sink", "copy", "ratio", at_least=0.5),
    _Row("sink", "copy_of_lines", "of_copy_of_lines"),
)


def table_of(figures: dict[str, Any]) -> Table:
    """A row for each figure that was measured; it fits 80 columns."""
    table = Table("measurement", "figure")
    table.add_column("value", justify="right")
    table.add_column("ratio", justify="right")
    table.add_column("aim")
    table.add_column("met")
    shown = ""
    for row in _ROWS:
        found = figures.get(row.measurement, {})
        if row.figure not in found:
            continue
        if row.measurement != shown:
            table.add_section()
        name = "" if row.measurement == shown else row.measurement
        shown = row.measurement
        cells = [name, row.figure, _number(found[row.figure])]
        if row.ratio is not None:
            ratio = found[row.ratio]
            met = ("yes" if row.met(ratio) else "no") if row.aim else ""
            cells += [f"{ratio:.2f}", row.aim, met]
        table.add_row(*cells)
    return table


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1_000 else f"{value:.2f}"
