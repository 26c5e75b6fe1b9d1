"""`memewatch config`: the effective settings and what each is for."""

from __future__ import annotations

from pydantic import SecretStr

from memewatch.cli.options import Json
from memewatch.cli.output import print_json, stdout, table
from memewatch.settings import PREFIX, Settings, load_settings


def config(as_json: Json = False) -> None:
    """Show every setting's name, effective value and purpose; secrets are masked."""
    settings = load_settings()
    rows = [
        {
            "name": f"{PREFIX}{name.upper()}",
            "value": plain(getattr(settings, name)),
            "set": name in settings.model_fields_set,
            "description": field.description or _purpose(name),
        }
        for name, field in Settings.model_fields.items()
    ]
    if as_json:
        print_json(rows)
        return
    shown = table("setting", "value", "set", "for")
    for row in rows:
        value = "-" if row["value"] is None else str(row["value"])
        shown.add_row(str(row["name"]), value, "yes" if row["set"] else "", str(row["description"]))
    stdout.print(shown)


def plain(value: object) -> object:
    """A value that JSON knows, with secrets masked."""
    if isinstance(value, SecretStr):
        return "********"
    if isinstance(value, list):
        return [plain(item) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)


def _purpose(name: str) -> str:
    """A name that says it all needs no more than its words."""
    return name.replace("_", " ")
