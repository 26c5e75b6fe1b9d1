"""What every evaluation leaves beside its raw answers: ``report.json`` and ``report.html``.

The page is one file without anything from elsewhere. No file holds a date or a path, so that
the same code over the same data writes the same bytes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from processors.detectors.base import Detector, JoinedDetector
from processors.evaluation.plots import (
    BarPlot,
    DelayPlot,
    Plot,
    PrecisionRecallPlot,
    ReliabilityPlot,
    to_svg,
)
from processors.evaluation.statistics import Interval
from processors.patterns import SHIPPED

__all__ = [
    "BarPlot",
    "DelayPlot",
    "Plot",
    "PrecisionRecallPlot",
    "ReliabilityPlot",
    "data_hash",
    "write_report",
]

_PACKAGES = ("memewatch", "numpy", "river", "vaderSentiment")
_STYLE = """
:root { color-scheme: light dark; --line: #8884; --faint: #8881; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2, h3 { line-height: 1.2; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { padding: .25rem .75rem; border-bottom: 1px solid var(--line); text-align: left; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
thead th { background: var(--faint); }
.wide { overflow-x: auto; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(22rem, 1fr)); gap: 1.5rem; }
figure { margin: 0; }
figcaption { font-weight: 600; }
svg { width: 100%; height: auto; font-family: system-ui, sans-serif; }
"""


def write_report(
    out: Path,
    title: str,
    figures: Mapping[str, object],
    plots: Sequence[Plot],
    notes: Sequence[str],
    *,
    units: Iterable[Mapping[str, object]] = (),
) -> None:
    """Write ``report.json``, ``report.html`` and, if there are any, the units into ``out``.

    Args:
        figures: numbers, text, ``Interval``, and mappings and lists of them. A mapping of
            mappings becomes one table with a row for each; keys are shown as they are, with
            ``_`` as a space.
        notes: sentences that a reader must know to judge the figures.
        units: for each independent unit its name as ``unit`` and its numbers, for
            ``processors.evaluation.comparison``; they go into ``units.ndjson``.
    """
    out.mkdir(parents=True, exist_ok=True)
    versions = _versions()
    content = {"title": title, "figures": figures, "notes": list(notes), "versions": versions}
    (out / "report.json").write_text(
        json.dumps(_plain(content), indent=2, allow_nan=False) + "\n", encoding="utf-8"
    )
    (out / "report.html").write_text(
        _page(title, figures, plots, notes, versions), encoding="utf-8"
    )
    lines = [json.dumps(_plain(unit), allow_nan=False) + "\n" for unit in units]
    if lines:
        (out / "units.ndjson").write_text("".join(lines), encoding="utf-8")


def data_hash(files: Iterable[Path]) -> str:
    """Identifies what was read: a hash over the files' contents, whatever their names and order.

    Raises:
        OSError: a file cannot be read.
    """
    return sha256(b"".join(sorted(_digest(file) for file in files))).hexdigest()


def _digest(file: Path) -> bytes:
    digest = sha256()
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.digest()


def _versions() -> dict[str, dict[str, str]]:
    """What was judged: the detectors' versions and those of the packages they compute with."""
    detectors: tuple[type[Detector[Any] | JoinedDetector], ...] = (
        *SHIPPED.leading,
        *SHIPPED.joined,
    )
    return {
        "detectors": {detector.pattern: detector.version for detector in detectors},
        "packages": {package: version(package) for package in _PACKAGES},
    }


def _plain(value: object) -> object:
    """The value as JSON has it; what is not a finite number becomes null."""
    if isinstance(value, Interval):
        return {
            "estimate": _plain(value.estimate),
            "low": _plain(value.low),
            "high": _plain(value.high),
            "level": value.level,
        }
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, np.generic | np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _page(
    title: str,
    figures: Mapping[str, object],
    plots: Sequence[Plot],
    notes: Sequence[str],
    versions: Mapping[str, Mapping[str, str]],
) -> str:
    drawn = "".join(
        f"<figure><figcaption>{escape(plot.title)}</figcaption>{to_svg(plot, number)}</figure>\n"
        for number, plot in enumerate(plots)
    )
    said = "".join(f"<li>{escape(note)}</li>\n" for note in notes)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(title)}</h1>\n"
        + (f"<ul>\n{said}</ul>\n" if said else "")
        + _section("Figures", figures, 2)
        + (f'<h2>Plots</h2>\n<div class="plots">\n{drawn}</div>\n' if drawn else "")
        + _section("Versions", versions, 2)
        + "</body>\n</html>\n"
    )


def _section(name: str, figures: Mapping[str, object], level: int) -> str:
    """A heading, a table of the plain figures, then a section for each inner mapping."""
    heading = f"<h{level}>{escape(_words(name))}</h{level}>\n"
    nested = {
        key: value for key, value in figures.items() if isinstance(value, Mapping) or _rows(value)
    }
    plain = {key: value for key, value in figures.items() if key not in nested}
    body = _table(("", ""), [(_words(key), value) for key, value in plain.items()])
    if not plain and _are_alike(nested):
        return heading + _matrix(nested)
    for key, value in nested.items():
        if isinstance(value, Mapping):
            body += _section(key, value, min(6, level + 1))
        else:
            numbered = {str(number): row for number, row in enumerate(_rows(value))}
            body += f"<h{min(6, level + 1)}>{escape(_words(key))}</h{min(6, level + 1)}>\n"
            body += _matrix(numbered, named=False)
    return heading + body


def _rows(value: object) -> Sequence[Mapping[str, object]]:
    """The value if it is a list of records, otherwise nothing."""
    if isinstance(value, list | tuple) and value and all(_is_row(inner) for inner in value):
        return value
    return ()


def _is_row(value: object) -> bool:
    return isinstance(value, Mapping) and not any(
        isinstance(inner, Mapping) for inner in value.values()
    )


def _are_alike(values: Mapping[str, object]) -> bool:
    """Whether these are records that share keys, so that one table shows them well."""
    rows = [value for value in values.values() if isinstance(value, Mapping) and _is_row(value)]
    keys = {key for row in rows for key in row}
    shared = len(rows) == 1 or len(keys) < sum(map(len, rows))
    return 0 < len(rows) == len(values) and shared


def _matrix(rows: Mapping[str, object], *, named: bool = True) -> str:
    """One table: a line for each record, a column for each key that any of them has."""
    records = {key: row for key, row in rows.items() if isinstance(row, Mapping)}
    columns = list(dict.fromkeys(column for row in records.values() for column in row))
    lines = [
        (*((_words(key),) if named else ()), *(row.get(column, "") for column in columns))
        for key, row in records.items()
    ]
    return _table((*(("",) if named else ()), *(_words(str(column)) for column in columns)), lines)


def _table(header: Sequence[str], lines: Sequence[Sequence[object]]) -> str:
    if not lines:
        return ""
    head = "".join(f"<th>{escape(name)}</th>" for name in header)
    body = "".join(f"<tr>{''.join(map(_cell, line))}</tr>\n" for line in lines)
    top = f"<thead><tr>{head}</tr></thead>\n" if any(header) else ""
    return f'<div class="wide"><table>\n{top}<tbody>\n{body}</tbody>\n</table></div>\n'


def _cell(value: object) -> str:
    plain = _plain(value)
    if isinstance(value, Interval) and math.isfinite(value.estimate):
        return f'<td class="number">{escape(str(value))}</td>'
    if isinstance(value, Interval):
        return '<td class="number">–</td>'
    if plain is None:
        return '<td class="number">–</td>'
    if isinstance(plain, bool):
        return f"<td>{'yes' if plain else 'no'}</td>"
    if isinstance(plain, int):
        return f'<td class="number">{plain:,}</td>'
    if isinstance(plain, float):
        return f'<td class="number">{plain:.4g}</td>'
    if isinstance(plain, list):
        return f"<td>{escape(', '.join(map(_short, plain)))}</td>"
    return f"<td>{escape(str(plain))}</td>"


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _words(key: str) -> str:
    return key.replace("_", " ")
