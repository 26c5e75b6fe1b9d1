"""Everything that is chosen or learned from data, in the order in which it is done.

A new step is a module of this package with ``main(data, out)``, and one line here.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

#: Where labelled alerts about simulated markets lie, below the folder of labelled data.
OUTCOMES = "outcomes"
_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Step:
    """``module`` of this package reads what lies at ``needs``, below the folder of labelled data,
    and writes ``record`` and the ``artefacts`` that the folder ``home`` of processors ships."""

    module: str
    needs: str
    record: str
    artefacts: tuple[str, ...] = ()
    home: str = ""

    def main(self) -> Callable[[Path, Path], None]:
        """What does it; the module is loaded when it is asked for, since some are heavy."""
        found: Callable[[Path, Path], None] = import_module(f"{__package__}.{self.module}").main
        return found

    def is_possible(self, data: Path) -> bool:
        """Whether there is something to learn from."""
        path = data / self.needs
        return any(path.iterdir()) if path.is_dir() else path.is_file()

    def write(self, out: Path, package: Path = _PACKAGE) -> list[Path]:
        """Put the artefacts in their place; each is there as a whole or not at all."""
        written = []
        for name in self.artefacts:
            place = package / self.home / name
            beside = place.with_name(f".{name}.new")
            shutil.copyfile(out / name, beside)
            beside.replace(place)
            written.append(place)
        return written


#: Scores of alerts are learned last, from what the detectors then say.
STEPS = (
    Step("nab", "nab", "nab.json"),
    Step("pump", "pump", "pump.json"),
    Step("windows", "pump", "windows.json"),
    Step("rug", "rug/tokens.csv.gz", "rug.json", ("standing.json",), "rug_model"),
    Step(
        "sentiment",
        "sentiment",
        "sentiment.json",
        ("sentiment.json", "sentiment.msgpack.z", "sentiment_learned_from.bin"),
        "sentiment",
    ),
    Step("risk", OUTCOMES, "risk_record.json", ("risk.json", "risk_record.json"), "risk"),
)
