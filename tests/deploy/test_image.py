"""The image holds all of our packages, a Python that runs them, and nothing else of the folder."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
#: Sources of COPY within the build context, without what comes from another build stage.
COPIED = [
    source
    for arguments in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
    for source in arguments.split()[:-1]
]


def test_every_package_of_the_project_is_copied() -> None:
    packages = PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
    assert {f"{name.rstrip('*')}/" for name in packages} <= set(COPIED)


@pytest.mark.parametrize("source", COPIED)
def test_what_is_copied_exists_and_is_not_ignored(source: str) -> None:
    assert (ROOT / source).exists()
    kept = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"
    }
    assert source.partition("/")[0] in kept


def test_nothing_secret_can_reach_the_builder() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert not [line for line in rules if line.startswith(("!deploy", "!.", "!*"))]
    assert "deploy/secrets/" in (ROOT / ".gitignore").read_text().splitlines()


def test_the_image_has_a_python_that_the_project_allows() -> None:
    least = PROJECT["project"]["requires-python"].removeprefix(">=")
    versions = re.findall(r"^FROM python:([0-9.]+)-slim", DOCKERFILE, re.MULTILINE)
    assert len(versions) == 2
    assert len(set(versions)) == 1
    assert _parts(versions[0]) >= _parts(least)


def test_only_pinned_packages_are_installed() -> None:
    assert DOCKERFILE.count("--require-hashes") == 2
    assert "npm ci" in DOCKERFILE


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
