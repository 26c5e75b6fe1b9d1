"""Prints the OpenAPI description: `python -m api.openapi > ui/openapi.json`."""

from __future__ import annotations

import json
import sys
from typing import Any

from api.app import create_app
from memewatch.settings import Settings


def describe() -> str:
    """The description as JSON text; it depends on the code alone, not on settings."""
    app = create_app(Settings.model_construct(**_defaults()))
    return json.dumps(app.openapi(), indent=2, ensure_ascii=False) + "\n"


def _defaults() -> dict[str, Any]:
    """The settings' defaults, whatever the environment says."""
    return {
        name: field.get_default(call_default_factory=True, validated_data={})
        for name, field in Settings.model_fields.items()
    }


if __name__ == "__main__":
    sys.stdout.write(describe())
