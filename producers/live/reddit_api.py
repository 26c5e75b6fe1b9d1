"""Reddit's listings: with an app's token, or as public JSON; paced by the rate-limit headers."""

from __future__ import annotations

from typing import Any, NamedTuple

import aiohttp
import msgspec

from memewatch.clock import Clock
from memewatch.settings import Settings
from producers.live.base import AccessRefusedError, RateLimitedError
from producers.live.http import Answer, HttpClient, UnreadableAnswerError

#: More per page cannot be asked for.
PAGE = 100
_RENEW_BEFORE_MS = 60_000
_ID_SETTING = "MEMEWATCH_REDDIT_CLIENT_ID"
_REFUSED = 401
#: What is asked for by a name that is gone is redirected to a search for it.
GONE = frozenset({301, 302, 404})


class Child(NamedTuple):
    """One submission or comment: its fullname, when it was made (seconds), and all of it."""

    fullname: str
    created: float
    thing: dict[str, Any]


class Page(NamedTuple):
    """Newest first; ``after`` is what to ask for next, None at the end of the listing."""

    children: list[Child]
    after: str | None


class Access:
    """What outlives one round: the token, and what is left of the rate limit."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._token: str | None = None
        self._expires_ms = 0
        self._remaining: float | None = None
        self._resets_ms = 0

    async def listing(self, http: HttpClient, path: str, after: str | None) -> Page:
        """One page of ``/r/…/new``, ``/r/…/comments`` or ``/user/…/overview``.

        Raises:
            UnreadableAnswerError: the answer is no listing.
            RateLimitedError: the server says so, or nothing is left until the reset.
        """
        params = {"limit": str(PAGE), "raw_json": "1", "sort": "new"}
        if after is not None:
            params["after"] = after
        answer = await self._get(http, path, params)
        try:
            return read_page(answer.body)
        except ValueError as error:
            raise UnreadableAnswerError(f"{path}: {error}", answer.body) from None

    def pause_s(self, requests: int) -> float:
        """How far apart rounds of so many requests must be to come out even at the reset."""
        left_ms = self._resets_ms - self._clock.now_ms()
        if self._remaining is None or left_ms <= 0:
            return 0.0
        return left_ms / 1000 * requests / max(self._remaining, 1.0)

    async def _get(self, http: HttpClient, path: str, params: dict[str, str]) -> Answer:
        left_ms = self._resets_ms - self._clock.now_ms()
        if self._remaining is not None and self._remaining < 1 and left_ms > 0:
            raise RateLimitedError("Reddit's rate limit is used up", left_ms / 1000)
        if self._settings.reddit_client_id is None:
            url = f"{self._settings.reddit_url}{path}.json"
            answer = await http.get(url, params=params, allow_redirects=False)
        else:
            answer = await self._get_by_token(http, path, params, accepted=(_REFUSED,))
            if answer.status == _REFUSED:
                # Tokens are sometimes withdrawn before their time.
                self._token = None
                answer = await self._get_by_token(http, path, params)
        self._note(answer)
        return answer

    async def _get_by_token(
        self,
        http: HttpClient,
        path: str,
        params: dict[str, str],
        accepted: tuple[int, ...] = (),
    ) -> Answer:
        if self._token is None or self._clock.now_ms() >= self._expires_ms:
            await self._renew(http)
        return await http.get(
            f"{self._settings.reddit_api_url}{path}",
            params=params,
            headers={"Authorization": f"Bearer {self._token}"},
            accepted=accepted,
            allow_redirects=False,
        )

    async def _renew(self, http: HttpClient) -> None:
        secret = self._settings.reddit_client_secret
        answer = await http.request(
            "POST",
            f"{self._settings.reddit_url}/api/v1/access_token",
            data={"grant_type": "client_credentials"},
            headers={
                "Authorization": aiohttp.encode_basic_auth(
                    self._settings.reddit_client_id or "",
                    secret.get_secret_value() if secret else "",
                )
            },
        )
        try:
            token = msgspec.json.decode(answer.body, type=_Token)
        except msgspec.MsgspecError:
            # Reddit answers 200 with {"error": …} to apps of a kind that may not do this.
            raise AccessRefusedError(
                f"Reddit gives no token: look at {_ID_SETTING} and the secret beside it"
            ) from None
        self._token = token.access_token
        self._expires_ms = self._clock.now_ms() + token.expires_in * 1000 - _RENEW_BEFORE_MS

    def _note(self, answer: Answer) -> None:
        try:
            self._remaining = float(answer.headers["x-ratelimit-remaining"])
            reset_s = float(answer.headers["x-ratelimit-reset"])
            self._resets_ms = self._clock.now_ms() + round(reset_s * 1000)
        except (KeyError, ValueError, OverflowError):
            self._remaining = None


class _Token(msgspec.Struct):
    access_token: str
    expires_in: int


class _Data(msgspec.Struct):
    children: list[dict[str, Any]]
    after: str | None = None


class _Listing(msgspec.Struct):
    data: _Data


_decoder = msgspec.json.Decoder(_Listing)


def read_page(body: bytes) -> Page:
    """Raises ``ValueError`` when it is no listing. Broken children get a name of their own."""
    try:
        data = _decoder.decode(body).data
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ValueError(f"no listing of Reddit: {error}") from None
    children: list[Child] = []
    for thing in data.children:
        inner = thing.get("data")
        inner = inner if isinstance(inner, dict) else {}
        fullname, created = inner.get("name"), inner.get("created_utc")
        if not isinstance(fullname, str):
            fullname = f"broken after {children[-1].fullname if children else 'nothing'}"
        if not isinstance(created, int | float) or isinstance(created, bool):
            created = children[-1].created if children else 0.0
        children.append(Child(fullname, float(created), thing))
    return Page(children, data.after)
