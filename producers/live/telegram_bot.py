"""Telegram's Bot API, as far as reading goes: updates, and when Telegram may forget them."""

from __future__ import annotations

from collections import deque
from typing import Any

import aiohttp
import msgspec

from memewatch.clock import Clock
from memewatch.settings import Settings
from producers.cleaning import instant_ms
from producers.live.base import AccessRefusedError, RateLimitedError
from producers.live.http import HttpClient, HttpStatusError, UnreadableAnswerError
from producers.live.posts import posts_of
from producers.registry import TokenRegistry
from schemas.events import Post

#: More updates cannot be had at once.
PAGE = 100
TOKEN_SETTING = "MEMEWATCH_TELEGRAM_BOT_TOKEN"  # noqa: S105
#: Kafka confirms or fails within five minutes; what was not stored by then was lost with a process
#: that is gone. Only a runner that never says what is stored makes it come to this.
_STORED_AFTER_MS = 600_000
_GRACE_S = 15.0
_JUDGED = frozenset({400, 401, 403, 404, 409, 429})


class Bot:
    """The updates of one bot.

    Telegram forgets every update below the offset it is asked for, so the offset follows what
    Kafka has, not what was read: until then the same updates come again, and are left out here.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._stored: int | None = None
        #: Updates handed out: the offset beyond them, and when.
        self._handed: deque[tuple[int, int]] = deque(maxlen=PAGE)

    def begin(self, offset: int) -> None:
        """A process begins with what the one before it has stored; later calls change nothing."""
        if self._stored is None:
            self._stored = offset

    def stored(self, offset: int) -> None:
        """Everything below ``offset`` is in Kafka."""
        self._stored = max(self._stored or 0, offset)

    async def updates(
        self, http: HttpClient, known: int, wait_s: int = 0
    ) -> tuple[list[dict[str, Any]], int]:
        """Updates from ``known`` on, oldest first, and how many Telegram sent altogether.

        Waits up to ``wait_s`` for the first one when Telegram has none at all.

        Raises:
            AccessRefusedError, RateLimitedError, UnreadableAnswerError, aiohttp.ClientError
        """
        token = self._settings.telegram_bot_token
        secret = token.get_secret_value().strip() if token else ""
        answer = await http.request(
            "POST",
            # The token in the path is Telegram's way; the client tells nobody a path.
            f"{self._settings.telegram_api_url}/bot{secret}/getUpdates",
            json={
                "offset": self._offset(),
                "limit": PAGE,
                "timeout": wait_s,
                "allowed_updates": ["message", "channel_post"],
            },
            timeout=aiohttp.ClientTimeout(total=wait_s + _GRACE_S),
            accepted=_JUDGED,
            allow_redirects=False,
        )
        said = _read(_without(secret, answer.body))
        if answer.status in _JUDGED or not said.ok:
            _refuse(answer.status, said)
        fresh = sorted((u for u in said.result if u["update_id"] >= known), key=_number)
        if fresh:
            self._handed.append((_number(fresh[-1]) + 1, self._clock.now_ms()))
        return fresh, len(said.result)

    def _offset(self) -> int:
        long_ago_ms = self._clock.now_ms() - _STORED_AFTER_MS
        while self._handed and self._handed[0][1] <= long_ago_ms:
            self.stored(self._handed.popleft()[0])
        return self._stored or 0


def updates_of(updates: list[dict[str, Any]]) -> bytes:
    """These updates as Telegram would send them."""
    return msgspec.json.encode({"ok": True, "result": updates})


def read_updates(body: bytes) -> list[dict[str, Any]]:
    """Raises ``ValueError`` when it is no list of updates."""
    try:
        return _read(body).result
    except UnreadableAnswerError as error:
        raise ValueError(str(error)) from None


def read_update(update: dict[str, Any], tokens: TokenRegistry) -> list[Post]:
    """One post for each token named; none when it holds no text of anybody.

    Raises:
        ValueError: it is no update.
    """
    said = msgspec.convert(update, type=_Update)
    message = said.message or said.channel_post
    if message is None:
        return []
    if message.text is not None:
        text, entities = message.text, message.entities
    elif message.caption is not None:
        text, entities = message.caption, message.caption_entities
    else:
        return []
    group = message.chat.username or str(message.chat.id)
    # In the name of a chat: a channel's post, or an administrator who stays unknown.
    writer = message.sender_chat or message.from_
    if writer is None or isinstance(writer, _Chat):
        author = ((writer and writer.username) or group).lower()
    else:
        author = str(writer.id)
    return posts_of(
        tokens,
        source="telegram",
        post_id=f"{group.lower()}/{message.message_id}",
        author=author,
        text=text,
        urls=[entity.url for entity in entities if entity.url is not None],
        time_ms=instant_ms(message.date),
        group=group.lower(),
        repost=message.forward_origin is not None,
        repost_of=_original(message.forward_origin),
    )


class _Parameters(msgspec.Struct):
    retry_after: float | None = None


class _Answer(msgspec.Struct):
    ok: bool
    result: list[dict[str, Any]] = []
    description: str = ""
    parameters: _Parameters | None = None


class _Chat(msgspec.Struct):
    id: int
    username: str | None = None


class _User(msgspec.Struct):
    id: int


class _Entity(msgspec.Struct):
    #: Only of links whose text is not the address itself.
    url: str | None = None


class _Origin(msgspec.Struct):
    chat: _Chat | None = None
    message_id: int | None = None


class _Message(msgspec.Struct):
    message_id: int
    date: int
    chat: _Chat
    from_: _User | None = msgspec.field(name="from", default=None)
    sender_chat: _Chat | None = None
    text: str | None = None
    entities: list[_Entity] = []
    caption: str | None = None
    caption_entities: list[_Entity] = []
    forward_origin: _Origin | None = None


class _Update(msgspec.Struct):
    update_id: int
    message: _Message | None = None
    channel_post: _Message | None = None


_decoder = msgspec.json.Decoder(_Answer)


def _read(body: bytes) -> _Answer:
    try:
        answer = _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UnreadableAnswerError(f"no answer of the Bot API: {error}", body) from None
    if not all(type(update.get("update_id")) is int for update in answer.result):
        raise UnreadableAnswerError("no answer of the Bot API: updates without ids", body)
    return answer


def _without(secret: str, body: bytes) -> bytes:
    """Error pages of servers between here and Telegram repeat the path they were asked for."""
    hidden = secret.rpartition(":")[2].encode()
    return body.replace(hidden, b"(token)") if hidden else body


def _number(update: dict[str, Any]) -> int:
    number: int = update["update_id"]
    return number


def _refuse(status: int, said: _Answer) -> None:
    if status == 429:
        wait_s = (said.parameters and said.parameters.retry_after) or 60.0
        raise RateLimitedError(f"the Bot API asks to wait {wait_s:.0f} s", wait_s)
    if status in (401, 403, 404):
        raise AccessRefusedError(
            f"the Bot API knows no such bot (HTTP {status}): look at {TOKEN_SETTING}"
        )
    if status == 409:
        raise HttpStatusError(
            "the Bot API serves this bot's updates to another program or a webhook (HTTP 409): "
            "stop the one or delete the other",
            status,
        )
    raise HttpStatusError(f"the Bot API answers HTTP {status}: {said.description:.200}", status)


def _original(origin: _Origin | None) -> str | None:
    if origin is None or origin.chat is None or origin.message_id is None:
        return None
    return f"{(origin.chat.username or str(origin.chat.id)).lower()}/{origin.message_id}"
