"""A report is two files that hold everything, and the same ones when nothing changed."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from processors.evaluation.plots import to_svg
from processors.evaluation.report import (
    BarPlot,
    DelayPlot,
    Plot,
    PrecisionRecallPlot,
    ReliabilityPlot,
    data_hash,
    write_report,
)
from processors.evaluation.statistics import Interval

PLOTS: tuple[Plot, ...] = (
    PrecisionRecallPlot("Told & true", {"pump": ([0.9, 0.8, 0.3], [1, 0, 1], 3)}, threshold=0.5),
    ReliabilityPlot("Reliability", {"a": ([0.1, 0.9], [0, 1]), "b": ([0.2], [1])}),
    DelayPlot("Delays", {"pump": ([-3.0, 2.0, 50.0], 4)}, aims={"median": 5.0}),
    BarPlot("F1", {"whole": Interval(0.9, 0.85, 0.93), "a rather long name": 0.4}, aim=0.92),
)
FIGURES = {
    "F1": Interval(0.9, 0.85, 0.93),
    "rows": 9235,
    "delay_median": float("nan"),
    "undefined": Interval(float("nan"), float("nan"), float("nan")),
    "mean": np.float64(0.25),
    "by_pattern": {"pump": {"recall": 1.0, "found": 3}, "whale": {"recall": 0.5, "late": True}},
    "files": [{"file": "<one>", "false_alerts": [1.5, 2.0]}],
}


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.references: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attributes:
            if name in {"href", "src", "xlink:href"}:
                self.references.append(value or "")
            if name == "id":
                self.ids.append(value or "")


def test_the_figures_are_there_for_programs(tmp_path: Path) -> None:
    write_report(tmp_path / "new", "A title", FIGURES, PLOTS, ["held back: nothing"])
    report = json.loads((tmp_path / "new" / "report.json").read_text())
    assert report["title"] == "A title"
    assert report["notes"] == ["held back: nothing"]
    assert report["figures"]["F1"] == {"estimate": 0.9, "low": 0.85, "high": 0.93, "level": 0.95}
    assert report["figures"]["delay_median"] is None
    assert report["figures"]["mean"] == 0.25
    assert report["versions"]["detectors"]["pump_and_dump"]
    assert report["versions"]["packages"]["river"]


def test_the_page_stands_alone_and_shows_everything(tmp_path: Path) -> None:
    write_report(tmp_path, "A title", FIGURES, PLOTS, ["first <note>"])
    page = (tmp_path / "report.html").read_text()
    found = _Tags()
    found.feed(page)
    assert found.tags.count("svg") == len(PLOTS)
    assert not {"script", "link", "img", "iframe"} & set(found.tags)
    assert all(reference.startswith("#") for reference in found.references)
    assert len(found.ids) == len(set(found.ids))
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)
    for text in ("first &lt;note&gt;", "Told &amp; true", "0.900 (0.850 to 0.930)", "9,235"):
        assert text in page
    assert "&lt;one&gt;" in page
    assert "nan" not in page
    assert "by pattern" in page


def test_the_same_report_is_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_report(tmp_path / name, "A title", FIGURES, PLOTS, [])
    for file in ("report.json", "report.html"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_plots_are_whole_and_take_the_colour_of_the_page() -> None:
    for number, plot in enumerate(PLOTS):
        drawn = to_svg(plot, number)
        ElementTree.fromstring(drawn)
        assert "currentColor" in drawn
        assert "#010203" not in drawn


def test_plots_of_nothing_are_drawn_too() -> None:
    nothing: tuple[Plot, ...] = (
        PrecisionRecallPlot("", {"none": ([], [], 0)}, threshold=0.5),
        ReliabilityPlot("", {"none": ([], [])}),
        DelayPlot("", {"none": ([], 0)}),
        BarPlot("", {"undefined": float("nan")}),
        BarPlot("", {}),
    )
    for number, plot in enumerate(nothing):
        assert to_svg(plot, number).startswith("<svg")


def test_the_hash_of_data_knows_contents_and_not_names(tmp_path: Path) -> None:
    for name, content in (("a", "1"), ("b", "2"), ("c", "2"), ("d", "1")):
        (tmp_path / name).write_text(content)
    there, back = (data_hash(tmp_path / name for name in names) for names in ("ab", "cd"))
    assert there == back
    assert there != data_hash([tmp_path / "a"])
