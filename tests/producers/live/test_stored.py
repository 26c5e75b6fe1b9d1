"""A source is told what is written down, and only then lets its server forget it."""

from __future__ import annotations

import asyncio

from memewatch.clock import SystemClock
from producers.live.plan import feed_of
from producers.live.telegram import Telegram
from tests.producers.in_memory import run
from tests.producers.live.hearing import make
from tests.producers.live.servers.telegram import TelegramServer


async def test_telegram_forgets_updates_once_the_cursor_behind_them_is_saved():
    async with TelegramServer((), with_bot=True) as server:
        clock = SystemClock()
        sent = [await server.send("$DOGE", clock.now_ms()) for _ in range(250)]
        source = make(Telegram, server.settings(), clock)
        stop = asyncio.Event()
        running = asyncio.create_task(run([feed_of(source)], clock, stop=stop))
        async with asyncio.timeout(20):
            while server.forgotten != sent:
                await asyncio.sleep(0.05)
        stop.set()
        log, _, _ = await running
    assert sum(record.topic == "posts" and record.is_event for record in log) == 250
