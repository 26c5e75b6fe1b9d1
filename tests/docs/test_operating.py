"""docs/operating.md names the settings, topics and metrics that there are."""

from __future__ import annotations

import json
import re

from prometheus_client import REGISTRY
from prometheus_client.registry import CollectorRegistry

import processors.metrics
import producers.metrics
from api.metrics import Metrics
from memewatch.settings import PREFIX, Settings
from schemas.topics import ALL_TOPICS, TopicSpec
from sinks.metrics import SinkMetrics
from tests.docs.markdown import ROOT, table_rows

DOCUMENT = "docs/operating.md"


def test_the_table_of_settings_is_complete_and_has_todays_defaults() -> None:
    shown = {name.strip("`"): default.strip("`") for name, default, _ in _settings()}
    assert shown == {
        f"{PREFIX}{name.upper()}": _text(field.default)
        for name, field in Settings.model_fields.items()
    }
    assert all(purpose for _, _, purpose in _settings())


def test_every_setting_named_anywhere_in_the_documents_exists() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    known |= {f"{PREFIX}CONFIG", f"{PREFIX}SECRETS_DIR"}
    for file in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        assert set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", file.read_text())) <= known, file.name


def test_the_table_of_topics_is_the_declaration() -> None:
    rows = [[cell.strip("`") for cell in row] for row in table_rows(DOCUMENT, "topic")]
    assert rows == [[spec.name, spec.key, str(spec.partitions), _kept(spec)] for spec in ALL_TOPICS]


def test_the_metrics_named_exist() -> None:
    stages = {producers.metrics.__name__, processors.metrics.__name__}
    assert len(stages) == 2, "both register with the process-wide registry when imported"
    known = {
        name
        for registry in (REGISTRY, SinkMetrics().registry, Metrics().registry)
        for name in _names(registry)
    }
    assert {row[0].strip("`") for row in table_rows(DOCUMENT, "metric")} <= known


def _settings() -> list[list[str]]:
    return table_rows(DOCUMENT, "setting")


def _text(default: object) -> str:
    if default is None:
        return ""
    return default if isinstance(default, str) else json.dumps(default)


def _kept(spec: TopicSpec) -> str:
    return "newest of each key" if spec.compacted else f"{spec.retention_ms // 86_400_000} days"


def _names(registry: CollectorRegistry) -> set[str]:
    return {
        family.name + ("_total" if family.type == "counter" else "")
        for family in registry.collect()
    }
