"""Telegram's preview pages and its Bot API, which forgets what was asked beyond."""

from __future__ import annotations

import asyncio
import html
from typing import Any

from aiohttp import web

from schemas.times import from_ms
from tests.producers.live.servers.site import Site

BOT_TOKEN = "123456:a-token-nobody-may-see"
PAGE = 20
BOT_PAGE = 100


class TelegramServer(Site):
    """``post`` writes in a channel, ``send`` in a group of the bot; the switches break things."""

    def __init__(self, channels: tuple[str, ...] = ("DogeNews",), *, with_bot: bool = False):
        super().__init__()
        self.with_bot = with_bot
        #: By channel: number and HTML of each message.
        self.channels: dict[str, dict[int, str]] = {name: {} for name in channels}
        self.updates: list[dict[str, Any]] = []
        #: Updates that Telegram was told to forget.
        self.forgotten: list[int] = []
        self.answers: list[web.Response] = []
        self.bot_answers: list[web.Response] = []
        #: Channels that show something else: a response by channel.
        self.broken: dict[str, web.Response] = {}
        self._arrived = asyncio.Condition()
        self._update_id = 1000

    def settings(self) -> dict[str, Any]:
        """What points a source here."""
        overrides: dict[str, Any] = {
            "telegram_url": self.url,
            "telegram_api_url": self.url,
            "telegram_channels": list(self.channels),
            "telegram_poll_s": 1.0,
        }
        return overrides | ({"telegram_bot_token": BOT_TOKEN} if self.with_bot else {})

    def add(self, count: int, now_ms: int) -> list[str]:
        """A few things said right now in the first channel; their ids."""
        channel = next(iter(self.channels))
        return [f"{channel.lower()}/{self.post('$DOGE to the moon', now_ms)}" for _ in range(count)]

    def post(self, text: str, time_ms: int, channel: str | None = None, **more: Any) -> int:
        """A message in a channel, its number. ``text`` is HTML."""
        channel = channel or next(iter(self.channels))
        number = more.pop("number", None) or max(self.channels[channel], default=0) + 1
        self.channels[channel][number] = a_message(channel, number, text, time_ms, **more)
        return int(number)

    async def send(self, text: str, time_ms: int, **more: Any) -> int:
        """A message in a group; the update's id."""
        self._update_id += 1
        message = {
            "message_id": self._update_id,
            "date": time_ms // 1000,
            "chat": {"id": -100123, "type": "supergroup", "title": "Holders"},
            "from": {"id": 77, "is_bot": False, "first_name": "Ann"},
            "text": text,
        }
        async with self._arrived:
            self.updates.append({"update_id": self._update_id, "message": message | more})
            self._arrived.notify_all()
        return self._update_id

    async def respond(self, request: web.Request) -> web.StreamResponse:
        parts = request.path.strip("/").split("/")
        if parts[0].startswith("bot"):
            if parts != [f"bot{BOT_TOKEN}", "getUpdates"]:
                return web.json_response({"ok": False, "error_code": 401}, status=401)
            return await self._get_updates(await request.json())
        if self.answers:
            return self.answers.pop(0)
        by_name = {name.lower(): name for name in self.channels}
        if len(parts) != 2 or parts[0] != "s" or parts[1].lower() not in by_name:
            return web.Response(status=302, headers={"Location": f"/{parts[-1]}"})
        channel = by_name[parts[1].lower()]
        if channel in self.broken:
            return self.broken[channel]
        before = request.query.get("before")
        return web.Response(
            text=self._page(channel, int(before) if before else None), content_type="text/html"
        )

    def _page(self, channel: str, before: int | None) -> str:
        numbers = sorted(n for n in self.channels[channel] if before is None or n < before)
        shown = numbers[-PAGE:]
        more = ""
        if len(numbers) > PAGE:
            more = (
                '<div class="tgme_widget_message_centered js-messages_more_wrap">'
                f'<a href="/s/{channel}?before={shown[0]}" '
                f'class="tme_messages_more js-messages_more" data-before="{shown[0]}"></a></div>'
            )
        messages = "".join(self.channels[channel][number] for number in shown)
        return (
            f"<!DOCTYPE html><html><head><title>{channel}</title></head>"
            f'<body class="widget_frame_base tgme_webpreview"><main class="tgme_main">'
            f'<section class="tgme_channel_history js-message_history">{more}{messages}</section>'
            f"</main></body></html>"
        )

    async def _get_updates(self, asked: dict[str, Any]) -> web.Response:
        if self.bot_answers:
            return self.bot_answers.pop(0)
        self._forget(asked.get("offset", 0))
        if not self.updates and asked.get("timeout"):
            try:
                async with asyncio.timeout(asked["timeout"]), self._arrived:
                    await self._arrived.wait_for(lambda: self.updates)
            except TimeoutError:
                pass
        return web.json_response({"ok": True, "result": self.updates[: asked.get("limit", 100)]})

    def _forget(self, offset: int) -> None:
        self.forgotten += [u["update_id"] for u in self.updates if u["update_id"] < offset]
        self.updates = [u for u in self.updates if u["update_id"] >= offset]


def a_message(
    channel: str,
    number: int,
    text: str | None,
    time_ms: int,
    forwarded: tuple[str, str] | None = None,
    kind: str = "text_not_supported_wrap",
) -> str:
    """One message as the preview page shows it."""
    origin = ""
    if forwarded is not None:
        name, link = forwarded
        origin = (
            '<div class="tgme_widget_message_forwarded_from accent_color">Forwarded from '
            f'<a class="tgme_widget_message_forwarded_from_name" href="{link}">'
            f'<span dir="auto">{html.escape(name)}</span></a></div>'
        )
    said = ""
    if text is not None:
        said = f'<div class="tgme_widget_message_text js-message_text" dir="auto">{text}</div>'
    time = from_ms(time_ms).isoformat(timespec="seconds")
    return (
        '<div class="tgme_widget_message_wrap js-widget_message_wrap">'
        f'<div class="tgme_widget_message {kind} js-widget_message" data-post="{channel}/{number}">'
        f'<div class="tgme_widget_message_bubble">{origin}'
        '<a class="tgme_widget_message_reply" href="https://t.me/x/1">'
        '<div class="tgme_widget_message_text js-message_reply_text" dir="auto">$REPLIED</div></a>'
        f"{said}"
        '<time class="message_video_duration js-message_video_duration">0:15</time>'
        '<div class="tgme_widget_message_footer compact js-message_footer">'
        '<span class="tgme_widget_message_meta">'
        f'<a class="tgme_widget_message_date" href="https://t.me/{channel}/{number}">'
        f'<time datetime="{time}" class="time">10:00</time></a></span></div></div></div></div>'
    )
