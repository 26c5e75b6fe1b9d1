"""How a command talks to the running stack's API."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from memewatch.errors import OperatorError
from memewatch.settings import Settings, load_settings
from memewatch.stack.data_directory import DEFAULT_DATA_DIR, DataDirectory, running_state

_PREFIX = "/api/v1"
#: Longer than the API's own limit for a query.
_TIMEOUT_S = 30.0
#: Whoever sets one of these means an API of their own.
_API = {"api_host", "api_port"}


class ApiClient:
    """JSON in, JSON out; ``OperatorError`` when the API does not answer or refuses."""

    def __init__(self, url: str, token: str | None) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    @classmethod
    def find(cls, data_dir: Path | None) -> ApiClient:
        """The API of the stack in ``data_dir``; without one, of the stack in the default directory
        if one runs there, else the one that settings name.
        """
        settings = load_settings()
        state = DataDirectory(DEFAULT_DATA_DIR).read_state()
        if data_dir is None and (state is None or not state.is_running):
            if settings.model_fields_set & _API:
                return cls(f"http://{settings.api_host}:{settings.api_port}", _token(settings))
            raise OperatorError(
                f"no stack runs in {DEFAULT_DATA_DIR}: start one with `memewatch up`, name its "
                "directory with --data-dir, or set MEMEWATCH_API_HOST and MEMEWATCH_API_PORT"
            )
        return cls(running_state(data_dir or DEFAULT_DATA_DIR).url, _token(settings))

    def pages(self, path: str, **parameters: str) -> Iterator[dict[str, Any]]:
        """Every item of a list, page by page."""
        cursor: str | None = None
        while True:
            query = parameters | {"limit": "500"} | ({"cursor": cursor} if cursor else {})
            page = self.send("GET", path, query)
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def send(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: object = None
    ) -> Any:
        """The answer's JSON; None when it has none."""
        headers = dict(self._headers)
        content: bytes | None = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body, ensure_ascii=False).encode()
        target = f"{_PREFIX}{path}" + (f"?{urlencode(query)}" if query else "")
        where = urlsplit(self._url)
        assert where.hostname is not None
        connection = http.client.HTTPConnection(where.hostname, where.port, timeout=_TIMEOUT_S)
        try:
            connection.request(method, target, content, headers)
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise OperatorError(
                f"the API does not answer at {self._url}: start it with `memewatch up` ({error})"
            ) from None
        finally:
            connection.close()
        if response.status >= HTTPStatus.BAD_REQUEST:
            raise OperatorError(f"the API refuses: {_detail(text, response.status)}")
        return json.loads(text) if text else None


def _token(settings: Settings) -> str | None:
    """The first token that may write; it may read too. Else the first that may read."""
    tokens = [*settings.api_write_tokens, *settings.api_tokens]
    return tokens[0].get_secret_value() if tokens else None


def _detail(text: bytes, status: int) -> str:
    try:
        return str(json.loads(text)["detail"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {status}"
