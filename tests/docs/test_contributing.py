"""The worked examples of CONTRIBUTING.md do what they say, with today's code."""

from __future__ import annotations

import importlib.util
import itertools
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

from processors.offline import replay
from processors.patterns import PatternSet
from processors.records import Outputs
from schemas.alerts import Alert
from sinks.base import Record
from tests.api.writer import make_alert
from tests.docs.markdown import ROOT, code_blocks
from tests.processors.detectors.streams import post

_names = itertools.count()


def _example(defines: str, directory: Path) -> ModuleType:
    """The block that defines a name, as a module."""
    (source,) = [
        b
        for b in code_blocks("CONTRIBUTING.md", "python")
        if re.search(rf"^(class|def) {defines}\b", b, re.M)
    ]
    name = f"contributing_example_{next(_names)}"
    file = directory / f"{name}.py"
    file.write_text(source)
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class _Server(HTTPServer):
    """Answers with ``answer`` and keeps what was posted."""

    answer = b""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.posted: list[bytes] = []
        self.url = f"http://127.0.0.1:{self.server_port}/"


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._answer(self.server.answer)

    def do_POST(self) -> None:
        self.server.posted.append(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(b"")

    def _answer(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: object) -> None:
        """Nothing: pytest's output is for failures."""


@pytest.fixture
def server() -> Iterator[_Server]:
    with _Server() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield server
        server.shutdown()


def test_the_detector_sees_a_burst_and_nothing_else(tmp_path: Path) -> None:
    detector = _example("MentionBurst", tmp_path).MentionBurst
    patterns = PatternSet(leading=(detector,), joined=())
    quiet = [post(3.0 * n, f"post {n}", f"author {n}") for n in range(100)]
    burst = [post(300 + n / 20, f"now {n}", f"other {n}") for n in range(40)]
    assert _openings(replay(quiet, patterns)) == []
    (opening,) = _openings(replay([*quiet, *burst], patterns))
    assert opening.pattern == "mention_burst"
    assert 0.0 < opening.score <= 1.0


async def test_the_sink_stores_repeats_once(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    sink = _example("FileSink", tmp_path).FileSink(folder, capacity=10)
    records = [Record("ticks", 3, offset, None, b"%d" % offset, None) for offset in range(4)]
    for batch in (records[:3], records[1:]):
        sink.add(batch)
        await sink.flush()
    await sink.reject(records[0], "why")
    stored = sorted(file.read_text() for file in folder.iterdir())
    assert stored == ["0", "1", "2", "3", "why"]


def test_the_channel_posts_what_is_grave_and_new(
    tmp_path: Path, server: _Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERTS_WEBHOOK", server.url)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    handle = _example("handle", tmp_path).handle
    for changes in ({}, {"revision": 2}, {"severity": "low"}):
        handle(_as_sent(**changes))
    (posted,) = server.posted
    assert json.loads(posted)["text"].startswith("T0: Rush orders")


def test_what_is_named_exists() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    for part in text.split("`")[1::2]:
        if part.endswith((".py", "/")) and part.startswith(
            ("tests/", "producers/", "processors/", "sinks/", "schemas/", "api/")
        ):
            assert (ROOT / part).exists(), part


def _openings(outputs: Outputs) -> list[Alert]:
    return [alert for alert in outputs.alerts if alert.revision == 1]


def _quote(time: str) -> bytes:
    return json.dumps({"price": "0.012", "time": time}).encode()


def _as_sent(**changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(make_alert(1, **changes))
    return fields
