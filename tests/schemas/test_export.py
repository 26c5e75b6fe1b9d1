"""The committed JSON Schemas are what the code says, and say what the codec does."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given

from schemas.codec import encode
from schemas.compatibility import incompatibilities
from schemas.export import CONTRACTS, DIRECTORY, json_schema
from tests.schemas.strategies import RECORDS, Record

_SCHEMAS = {
    contract: json.loads((DIRECTORY / f"{contract.__name__}.json").read_text())
    for contract in CONTRACTS
}


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.__name__)
def test_a_committed_schema_is_what_the_code_generates(contract: type[Any]) -> None:
    generated = json_schema(contract)
    # First, because it says what to think of the difference.
    assert incompatibilities(_SCHEMAS[contract], json.loads(generated)) == []
    text = (DIRECTORY / f"{contract.__name__}.json").read_text()
    assert text == generated, "run `python -m schemas.export` and commit schemas/json"


def test_there_is_no_schema_without_a_contract() -> None:
    assert {file.stem for file in DIRECTORY.iterdir()} == {each.__name__ for each in CONTRACTS}


@given(RECORDS)
def test_what_the_codec_writes_is_valid_under_the_schema(record: Record) -> None:
    jsonschema.validate(json.loads(encode(record)), _SCHEMAS[type(record)])
