"""docs/detectors.md describes the detectors that are shipped, with the parameters they have."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
import re

import pytest

import processors.detectors
from processors.patterns import SHIPPED
from tests.docs.markdown import ROOT

SECTIONS = dict(
    re.findall(
        r"^## (\w+)\n(.*?)(?=^## |\Z)",
        (ROOT / "docs" / "detectors.md").read_text(),
        re.MULTILINE | re.DOTALL,
    )
)


def test_every_shipped_pattern_has_a_section_and_no_other() -> None:
    assert list(SECTIONS) == [each.pattern for each in (*SHIPPED.leading, *SHIPPED.joined)]


@pytest.mark.parametrize("pattern", SECTIONS)
def test_a_section_says_what_is_seen_and_what_is_not(pattern: str) -> None:
    for part in ("What it sees", "What follows", "Parameters", "Weaknesses"):
        assert f"**{part}" in SECTIONS[pattern]


@pytest.mark.parametrize("pattern", SECTIONS)
def test_the_parameters_named_are_those_there_are(pattern: str) -> None:
    (paragraph,) = re.findall(r"\*\*Parameters\*\*(.*?)\n\n", SECTIONS[pattern], re.DOTALL)
    named = re.findall(r"\(`(\w+)`\):([^;.]*)", paragraph)
    assert named
    for class_name, names in named:
        fields = [field.name for field in dataclasses.fields(_class(class_name))]
        assert re.findall(r"`(\w+)`", names) == fields


@pytest.mark.parametrize("detector", SHIPPED.leading, ids=lambda detector: detector.pattern)
def test_the_leading_topic_is_told(detector: type) -> None:
    assert f"Leading topic: `{detector.topic}`" in SECTIONS[detector.pattern].replace("\n", " ")


def _class(name: str) -> type:
    for module in pkgutil.walk_packages(processors.detectors.__path__, "processors.detectors."):
        found = importlib.import_module(module.name)
        if isinstance(candidate := getattr(found, name, None), type):
            return candidate
    raise AssertionError(f"no class {name} in processors/detectors")
