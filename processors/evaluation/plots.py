"""The diagrams of a report, as SVG that follows the page's colours.

The same plot gives the same bytes: ids are salted with its number, no date is written, and text
stays text in the reader's own font.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from processors.evaluation.statistics import Interval, precision_recall, reliability

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Told apart by lightness too, and readable on white and on black (after Okabe and Ito, 2008).
_COLOURS = ("#0a84d0", "#e07b00", "#12946b", "#c0609a", "#b03a2e", "#8a8a00", "#7a5cc0")
#: Stands for the page's text colour until the SVG is written.
_INK = "#010203"
_LONG_TEXT = 16


@dataclass(frozen=True, slots=True)
class PrecisionRecallPlot:
    """Precision over recall, a curve for each name: (scores, hits, number of positives or None).

    ``threshold`` marks the point at which the product tells.
    """

    title: str
    curves: Mapping[str, tuple[ArrayLike, ArrayLike, int | None]]
    threshold: float | None = None

    def draw(self, figure: Figure) -> None:
        axes = figure.add_subplot()
        for name, (scores, hits, positives) in self.curves.items():
            curve = precision_recall(scores, hits, positives)
            (line,) = axes.step(
                [0.0, *curve.recall],
                [curve.precision[0] if curve.precision.size else np.nan, *curve.precision],
                where="pre",
                label=f"{name} (average {curve.average_precision:.3f})",
            )
            if self.threshold is not None:
                told = np.flatnonzero(curve.thresholds >= self.threshold)
                if told.size:
                    axes.plot(
                        curve.recall[told[-1]], curve.precision[told[-1]], "o", c=line.get_color()
                    )
        axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1.02), ylim=(0, 1.02))
        _legend(axes, "lower left")


@dataclass(frozen=True, slots=True)
class ReliabilityPlot:
    """How often came true what was said with each probability: (probabilities, outcomes)."""

    title: str
    forecasts: Mapping[str, tuple[ArrayLike, ArrayLike]]
    bins: int = 10

    def draw(self, figure: Figure) -> None:
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        upper.plot([0, 1], [0, 1], "--", c=_INK, alpha=0.4, linewidth=1)
        width = 0.8 / self.bins / max(1, len(self.forecasts))
        for number, (name, (probabilities, outcomes)) in enumerate(self.forecasts.items()):
            groups = reliability(probabilities, outcomes, self.bins)
            forecast = [group.forecast for group in groups]
            upper.plot(forecast, [group.observed for group in groups], "o-", label=name)
            places = (np.floor(np.minimum(forecast, 1 - 1e-9) * np.float64(self.bins)) + 0.5) / (
                self.bins
            )
            shift = (number - (len(self.forecasts) - 1) / 2) * width
            lower.bar(places + shift, [group.count for group in groups], width)
        upper.set(ylabel="share that came true", ylim=(-0.02, 1.02))
        lower.set(xlabel="probability", ylabel="count", xlim=(0, 1), yscale="symlog")
        _legend(upper, "upper left")


@dataclass(frozen=True, slots=True)
class DelayPlot:
    """The share of events that were told within each delay, missed ones never reached.

    ``delays`` by name: (seconds of the hits, number of all events).
    """

    title: str
    delays: Mapping[str, tuple[Sequence[float], int]]
    unit: str = "seconds after the onset"
    aims: Mapping[str, float] | None = None

    def draw(self, figure: Figure) -> None:
        axes = figure.add_subplot()
        for name, (delays, events) in self.delays.items():
            ordered = np.sort(np.asarray(delays, dtype=np.float64))
            shares = np.arange(1, ordered.size + 1) / max(1, events)
            axes.step(ordered, shares, where="post", label=name)
        for name, delay in (self.aims or {}).items():
            axes.axvline(delay, ls=":", c=_INK, alpha=0.6)
            axes.text(delay, 1.03, name, ha="center", transform=axes.get_xaxis_transform())
        axes.set(xlabel=self.unit, ylabel="share of events told", ylim=(0, 1.02))
        axes.set_xscale("symlog", linthresh=10)
        _legend(axes, "lower right")


@dataclass(frozen=True, slots=True)
class BarPlot:
    """Figures side by side with their intervals, if they have any."""

    title: str
    bars: Mapping[str, Interval | float]
    unit: str = ""
    aim: float | None = None

    def draw(self, figure: Figure) -> None:
        axes = figure.add_subplot()
        places = np.arange(len(self.bars))
        intervals = [
            bar if isinstance(bar, Interval) else Interval(bar, bar, bar)
            for bar in self.bars.values()
        ]
        heights = np.array([bar.estimate for bar in intervals], dtype=np.float64)
        # An estimate may lie outside its own percentile interval; then nothing sticks out there.
        errors = [
            [max(0.0, bar.estimate - bar.low) or np.nan for bar in intervals],
            [max(0.0, bar.high - bar.estimate) or np.nan for bar in intervals],
        ]
        axes.barh(places, heights, 0.6, xerr=errors, ecolor=_INK, capsize=3, color=_COLOURS[0])
        if self.aim is not None:
            axes.axvline(self.aim, ls=":", c=_INK)
        axes.set_yticks(places, list(self.bars))
        axes.invert_yaxis()
        axes.set(xlabel=self.unit)
        if max(map(len, self.bars), default=0) > _LONG_TEXT:
            axes.tick_params(axis="y", labelsize=8)


Plot = PrecisionRecallPlot | ReliabilityPlot | DelayPlot | BarPlot


def to_svg(plot: Plot, number: int) -> str:
    """The plot as one ``svg`` element to be put into a page; ``number`` is its place there."""
    # Imported here, because drawing is needed by reports alone and takes a second to load.
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    settings: dict[Any, Any] = {
        "svg.hashsalt": f"memewatch-{number}",
        "svg.fonttype": "none",
        "font.family": ["sans-serif"],
        "font.size": 10.0,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.alpha": 0.15,
        "legend.frameon": False,
        "legend.fontsize": 9.0,
    }
    for colour in ("axes.edgecolor", "axes.labelcolor", "text.color", "xtick.color", "ytick.color"):
        settings[colour] = _INK
    settings["grid.color"] = _INK
    with rc_context(settings):
        figure = Figure(figsize=(6.2, 4.2), layout="constrained")
        figure.patch.set_alpha(0.0)
        FigureCanvasSVG(figure)
        _draw_coloured(plot, figure)
        for axes in figure.axes:
            axes.patch.set_alpha(0.0)
        written = StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    drawn = written.getvalue()
    drawn = drawn[drawn.index("<svg") :].replace(_INK, "currentColor")
    # Ids that nothing refers to would occur in every plot of the page.
    drawn = re.sub(r' id="[A-Za-z0-9.]+_\d+"', "", drawn)
    drawn = re.sub(r"<metadata>.*?</metadata>", "", drawn, flags=re.DOTALL)
    return re.sub(r' (?:width|height)="[\d.]+pt"', "", drawn, count=2)


def _draw_coloured(plot: Plot, figure: Figure) -> None:
    from cycler import cycler
    from matplotlib import rc_context

    with rc_context({"axes.prop_cycle": cycler(color=_COLOURS)}):
        plot.draw(figure)


def _legend(axes: Axes, place: Literal["lower left", "lower right", "upper left"]) -> None:
    if axes.get_legend_handles_labels()[1]:
        axes.legend(loc=place)
