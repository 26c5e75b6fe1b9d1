"""What a change to a contract may do, and what it may not."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.compatibility import incompatibilities
from schemas.events import Tick
from schemas.export import CONTRACTS, export, json_schema

Schema = dict[str, Any]


def _tick() -> Schema:
    return json.loads(json_schema(Tick))


def _mutated(change: Callable[[Schema], object]) -> Schema:
    """Tick's schema after ``change`` was applied to its definition."""
    schema = _tick()
    change(schema["$defs"]["Tick"])
    return schema


def _set(path: str, value: Any) -> Callable[[Schema], object]:
    """Replace what lies at ``properties.<path>``."""

    def change(definition: Schema) -> None:
        *parents, last = path.split("/")
        place: Any = definition["properties"]
        for name in parents:
            place = place[int(name) if isinstance(place, list) else name]
        place[last] = value

    return change


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.__name__)
def test_a_contract_is_compatible_with_itself(contract: type[Any]) -> None:
    schema = json.loads(json_schema(contract))
    assert incompatibilities(schema, copy.deepcopy(schema)) == []


@pytest.mark.parametrize(
    ("change", "place"),
    [
        pytest.param(lambda d: d["properties"].pop("venue"), "$.venue", id="a field removed"),
        pytest.param(lambda d: d["required"].append("side"), "$.side", id="an optional required"),
        pytest.param(
            lambda d: (d["properties"].update(new={"type": "string"}), d["required"].append("new")),
            "$.new",
            id="a new field required",
        ),
        pytest.param(_set("kind/enum", ["trade"]), "$.kind", id="a value removed"),
        pytest.param(_set("venue", {"enum": ["binance"]}), "$.venue", id="text became values"),
        pytest.param(_set("price", {"type": "number"}), "$.price", id="another type"),
        pytest.param(_set("kind", {"type": "integer"}), "$.kind", id="values of another type"),
        pytest.param(
            _set("venue", {"type": "string", "default": None}), "$.venue", id="null not allowed"
        ),
        pytest.param(_set("id/maxLength", 100), "$.id", id="shorter"),
        pytest.param(_set("id/minLength", 2), "$.id", id="longer at least"),
        pytest.param(_set("schema_version/minimum", 1), "$.schema_version", id="a new bound"),
        pytest.param(_set("price/pattern", "^[0-9]+$"), "$.price", id="another pattern"),
        pytest.param(_set("kind/default", "quote"), "$.kind", id="another default"),
        pytest.param(lambda d: d.update(additionalProperties=False), "$.*", id="nothing more"),
        pytest.param(_set("id/multipleOf", 3), "$.id", id="a keyword nobody here knows"),
    ],
)
def test_an_incompatible_change_is_refused(change: Callable[[Schema], object], place: str) -> None:
    problems = incompatibilities(_tick(), _mutated(change))
    assert problems
    assert all(problem.startswith(f"{place}: ") for problem in problems)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            _set("note", {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}),
            id="a new optional field",
        ),
        pytest.param(lambda d: d["required"].remove("source"), id="no longer required"),
        pytest.param(_set("kind/enum", ["trade", "quote", "candle", "burn"]), id="a further value"),
        pytest.param(_set("kind", {"type": "string", "default": "trade"}), id="values became text"),
        pytest.param(_set("schema_version/type", "number"), id="integers became numbers"),
        pytest.param(_set("id/maxLength", 1000), id="longer"),
        pytest.param(_set("price/description", "other words"), id="other words"),
        pytest.param(lambda d: d["properties"]["price"].pop("pattern"), id="no pattern"),
    ],
)
def test_a_compatible_change_passes(change: Callable[[Schema], object]) -> None:
    assert incompatibilities(_tick(), _mutated(change)) == []


def test_contents_are_compared_too() -> None:
    old = {"type": "array", "items": {"type": "number"}}
    assert incompatibilities(old, {"type": "array", "items": {"type": "integer"}})
    assert incompatibilities(old, {"type": "array"}) == []
    assert incompatibilities({"type": "array"}, old)
    values = {"type": "object", "additionalProperties": {"type": "integer"}}
    assert incompatibilities(values, {**values, "additionalProperties": {"type": "string"}})
    assert incompatibilities(values, {**values, "additionalProperties": {"type": "number"}}) == []


def test_the_export_refuses_an_incompatible_change_and_leaves_the_files(tmp_path: Path) -> None:
    assert export(tmp_path) == []
    file = tmp_path / "Tick.json"
    older = json.loads(file.read_text())
    older["$defs"]["Tick"]["properties"]["colour"] = {"type": "string"}
    file.write_text(json.dumps(older))
    assert export(tmp_path) == ["Tick.json: $.colour: was removed"]
    assert json.loads(file.read_text()) == older
