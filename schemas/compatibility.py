"""Whether a record written under one JSON Schema is understood under another.

Topics keep records for up to a year, so a newer program must read what an older one wrote.
Compared is what ``msgspec.json.schema`` makes; a keyword unknown here counts as a change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]

#: Raising a lower bound narrows, and so does lowering an upper one.
_LOWER_BOUNDS = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER_BOUNDS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_HANDLED = {
    *_LOWER_BOUNDS,
    *_UPPER_BOUNDS,
    *("$ref", "$defs", "anyOf", "type", "enum", "const", "default"),
    *("properties", "required", "additionalProperties", "items"),
    # For people only.
    *("title", "description", "examples"),
}


def incompatibilities(old: Schema, new: Schema) -> list[str]:
    """What keeps ``new`` from reading everything written under ``old``; empty when nothing does.

    Incompatible are: a field removed or newly required, a value or type no longer allowed, a bound
    narrowed, and another default, because absent fields would change their meaning. Fine are: a
    new optional field, a further value or type, a bound widened.
    """
    return _Comparison(old, new).compare(old, new, "$")


class _Comparison:
    """Two documents, each with definitions of its own."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._old = old
        self._new = new

    def compare(self, old: Schema, new: Schema, path: str) -> list[str]:
        """Each of the old alternatives must be read by one of the new ones."""
        old, new = _resolve(old, self._old), _resolve(new, self._new)
        problems: list[str] = []
        if "default" in old and old["default"] != new.get("default", old["default"]):
            problems.append(
                f"{path}: the default was {old['default']!r} and is {new['default']!r} now"
            )
        candidates = [_resolve(each, self._new) for each in new.get("anyOf", [new])]
        for alternative in old.get("anyOf", [old]):
            before = _resolve(alternative, self._old)
            attempts = [self._narrowed(before, candidate, path) for candidate in candidates]
            attempts = [self._narrowed(before, candidate, path) for candidate in candidates]
            closest = min(attempts, key=len)
            problems += closest
        return problems

    def _narrowed(self, old: Schema, new: Schema, path: str) -> list[str]:
        problems = [
            *_values_narrowed(old, new, path),
            *_bounds_narrowed(old, new, path),
            *(
                f"{path}: {keyword} was {old.get(keyword)!r} and is {new[keyword]!r} now"
                for keyword in sorted(set(new) - _HANDLED)
                if new[keyword] != old.get(keyword)
            ),
        ]
        if problems:
            return problems
        return [
            *self._fields_narrowed(old, new, path),
            *self._contents_narrowed(old, new, "items", f"{path}[]"),
            *self._contents_narrowed(old, new, "additionalProperties", f"{path}.*"),
        ]

    def _fields_narrowed(self, old: Schema, new: Schema, path: str) -> list[str]:
        problems = []
        fields: Mapping[str, Schema] = new.get("properties", {})
        for name, field in old.get("properties", {}).items():
            if name in fields:
                problems += self.compare(field, fields[name], f"{path}.{name}")
            else:
                problems.append(f"{path}.{name}: was removed")
        already: Sequence[str] = old.get("required", ())
        for name in new.get("required", ()):
            if name not in already:
                problems.append(f"{path}.{name}: is required now")
        return problems

    def _contents_narrowed(self, old: Schema, new: Schema, keyword: str, path: str) -> list[str]:
        before, after = old.get(keyword, True), new.get(keyword, True)
        if after is True or before is False:
            return []
        if after is False:
            return [f"{path}: nothing more is allowed now"]
        return self.compare({} if before is True else before, after, path)


def _resolve(schema: Schema, document: Schema) -> Schema:
    while "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        siblings = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**document["$defs"][name], **siblings}
    return schema


def _values_narrowed(old: Schema, new: Schema, path: str) -> list[str]:
    before, after = _values(old), _values(new)
    if after is not None:
        if before is None:
            return [f"{path}: only {after} is allowed now"]
        lost = [value for value in before if value not in after]
        return [f"{path}: {lost} is not allowed now"] if lost else []
    wanted = new.get("type")
    if wanted is None:
        return []
    had = {_type_of(value) for value in before} if before is not None else {old.get("type")}
    # Every integer is a number.
    fits = {wanted, "integer"} if wanted == "number" else {wanted}
    lost = sorted(str(name or "anything") for name in had - fits)
    return [f"{path}: {', '.join(lost)} is not allowed now, only {wanted}"] if lost else []


def _values(schema: Schema) -> Sequence[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _type_of(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}
    return names[type(value)]


def _bounds_narrowed(old: Schema, new: Schema, path: str) -> list[str]:
    problems = []
    for keyword in (*_LOWER_BOUNDS, *_UPPER_BOUNDS):
        before, after = old.get(keyword), new.get(keyword)
        if after is None or _values(old) is not None:
            continue
        narrower = before is None or (
            after > before if keyword in _LOWER_BOUNDS else after < before
        )
        if narrower:
            problems.append(f"{path}: {keyword} was {before} and is {after} now")
    return problems
