"""The contracts as JSON Schema, for whoever reads the topics in another language.

``python -m schemas.export`` writes ``schemas/json/``, and refuses a change that would make records
already written unreadable.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import msgspec

from schemas.alerts import Alert, DeadLetter, Signal
from schemas.compatibility import incompatibilities
from schemas.events import Control, Finality, Liquidity, Post, Profile, Tick, Transfer
from schemas.payloads import RawPayload
from schemas.verdicts import Verdict

DIRECTORY = Path(__file__).parent / "json"
CONTRACTS: tuple[type[msgspec.Struct], ...] = (
    Post,
    Tick,
    Transfer,
    Liquidity,
    Profile,
    Finality,
    Control,
    Signal,
    Alert,
    DeadLetter,
    RawPayload,
    Verdict,
)


def json_schema(contract: type[msgspec.Struct]) -> str:
    """The text of the contract's file."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **msgspec.json.schema(contract),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def export(directory: Path = DIRECTORY) -> list[str]:
    """Write a file for each contract; or none, and return why they are incompatible."""
    texts = {
        directory / f"{contract.__name__}.json": json_schema(contract) for contract in CONTRACTS
    }
    problems = [
        f"{file.name}: {problem}"
        for file, text in texts.items()
        if file.exists()
        for problem in incompatibilities(json.loads(file.read_text()), json.loads(text))
    ]
    if not problems:
        directory.mkdir(exist_ok=True)
        for file, text in texts.items():
            file.write_text(text)
    return problems


if __name__ == "__main__":
    if reasons := export():
        sys.exit("records already written could not be read any more:\n" + "\n".join(reasons))
