"""What is promised in writing and what the code does are the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import jsonschema
import msgspec
import pytest
import yaml

from api import models
from api.openapi import describe
from api.stream import protocol
from api.stream.history import Change
from api.stream.protocol import (
    ChangeType,
    Filter,
    ProtocolError,
    decode_alert_head,
    decode_client_message,
)
from schemas import alerts, verdicts
from tests.api.writer import make_alert

_ROOT = Path(__file__).parents[2]
_ASYNCAPI: dict[str, Any] = yaml.safe_load((_ROOT / "docs" / "asyncapi.yaml").read_text())


def problems(message: str, text: str) -> list[str]:
    """What the written description has against a message."""
    schema = {
        **_ASYNCAPI["components"]["messages"][message]["payload"],
        "components": _ASYNCAPI["components"],
    }
    validator = jsonschema.Draft202012Validator(schema)
    return [error.message for error in validator.iter_errors(json.loads(text))]


def stream_alert(**changes: Any) -> str:
    return json.dumps({**msgspec.to_builtins(make_alert(1, **changes)), "seq": 7})


@pytest.mark.parametrize(
    ("model", "struct", "added"),
    [
        (models.Alert, alerts.Alert, {"seq", "created_at", "updated_at"}),
        (models.Verdict, verdicts.Verdict, set()),
        (models.Evidence, alerts.Evidence, set()),
        (models.InputReference, alerts.InputReference, set()),
    ],
)
def test_rest_has_exactly_the_contracts_fields(model: Any, struct: Any, added: set[str]) -> None:
    assert set(model.model_fields) == set(struct.__struct_fields__) | added


def test_the_streams_alert_has_exactly_the_contracts_fields() -> None:
    written = _ASYNCAPI["components"]["schemas"]["Alert"]
    expected = {*alerts.Alert.__struct_fields__, "seq"}
    assert set(written["properties"]) == set(written["required"]) == expected


def test_the_written_stream_names_what_the_code_knows() -> None:
    schemas = _ASYNCAPI["components"]["schemas"]
    assert tuple(schemas["Pattern"]["enum"]) == get_args(alerts.Pattern)
    assert tuple(schemas["Severity"]["enum"]) == get_args(alerts.Severity)
    assert tuple(schemas["Alert"]["properties"]["status"]["enum"]) == get_args(alerts.Status)
    assert set(schemas["Filter"]["properties"]) == set(Filter.__struct_fields__)
    change = _ASYNCAPI["components"]["messages"]["change"]["payload"]
    assert tuple(change["properties"]["type"]["enum"]) == get_args(ChangeType)


def test_what_the_server_sends_is_as_written() -> None:
    text = stream_alert()
    change = Change(7, decode_alert_head(text), text)
    sent = {
        "hello": [protocol.hello("e", 3, 5.0)],
        "snapshot": [protocol.snapshot(3, [], False), protocol.snapshot(7, [text, text], True)],
        "change": [change.frame(6)],
        "subscribed": [protocol.subscribed(True, 3, 0)],
        "heartbeat": [protocol.heartbeat(3, True), protocol.heartbeat(None, False)],
        "error": [protocol.error("malformed", "why")],
        "shutdown": [protocol.shutdown()],
    }
    for message, texts in sent.items():
        for frame in texts:
            assert (message, problems(message, frame)) == (message, [])
    assert problems("change", change.frame(6).replace("opened", "dance"))


@pytest.mark.parametrize(
    "text",
    [
        '{"type":"subscribe"}',
        '{"type":"subscribe","epoch":"e","seq":0,"filter":{}}',
        '{"type":"subscribe","epoch":null,"seq":null,"filter":null}',
        '{"type":"subscribe","filter":{"token":"T","pattern":"rug_pull","severity":"low"}}',
        '{"type":"subscribe","filter":{"min_score":0.5}}',
        '{"type":"subscribe","filter":{"min_score":-1}}',
        '{"type":"subscribe","filter":{"token":""}}',
        '{"type":"subscribe","filter":{"pattern":"x"}}',
        '{"type":"subscribe","seq":-1}',
        '{"type":"subscribe","seq":"1"}',
        '{"type":"subscribe","more":1}',
    ],
)
def test_the_server_takes_what_is_written_and_nothing_else(text: str) -> None:
    try:
        decode_client_message(text)
        accepted = True
    except ProtocolError:
        accepted = False
    assert accepted == (problems("subscribe", text) == [])


def test_a_revisions_kind_of_change_is_named_as_the_sink_names_it() -> None:
    from sinks.postgres.alerts import change_type

    for status in get_args(alerts.Status):
        for revision in (1, 2):
            head = decode_alert_head(stream_alert(status=status, revision=revision))
            assert head.change == change_type(revision, status)


def test_the_committed_openapi_description_is_the_apps() -> None:
    committed = (_ROOT / "ui" / "openapi.json").read_text()
    assert committed == describe(), "run `python -m api.openapi > ui/openapi.json`"
