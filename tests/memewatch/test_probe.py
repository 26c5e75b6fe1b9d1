"""A container is healthy when it answers 200, and only then."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from memewatch.probe import answers
from memewatch.stack.ports import free_port


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/ready" else 503)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Nothing: pytest's output is for failures."""


@pytest.fixture
def url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_200_is_healthy_and_another_status_is_not(url: str) -> None:
    assert answers(f"{url}/ready")
    assert not answers(f"{url}/metrics")


def test_a_proxy_of_the_environment_is_not_asked(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    assert answers(f"{url}/ready")


def test_silence_is_unhealthy() -> None:
    assert not answers(f"http://127.0.0.1:{free_port()}/ready")


def test_another_machine_is_not_asked() -> None:
    with pytest.raises(ValueError, match="own container"):
        answers("http://192.0.2.1:80/ready")
