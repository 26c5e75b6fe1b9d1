"""A news site with a feed, articles and robots.txt, and two lists of prices, on one host."""

from __future__ import annotations

import hashlib
from typing import Any
from xml.sax.saxutils import escape

from aiohttp import web

from schemas.times import from_ms, rfc3339
from tests.producers.live.servers.site import Site

FEED = "/feed.xml"
MOST_POOLS = 30


class WebServer(Site):
    """``publish`` an entry, put ``pages``, set ``pools`` and ``coins``; the switches break it."""

    def __init__(self) -> None:
        super().__init__()
        self.items: list[str] = []
        #: By path: HTML, or a response.
        self.pages: dict[str, str | web.Response] = {}
        self.robots: str | web.Response = ""
        #: By token address: pools as DexScreener lists them.
        self.pools: dict[str, list[dict[str, Any]]] = {}
        self.coins: list[dict[str, Any]] = []
        #: By path: answers that come before any right one.
        self.answers: dict[str, list[web.Response]] = {}
        self.window = 30

    def settings(self) -> dict[str, Any]:
        """What points a source here."""
        return {
            "web_feeds": [self.url + FEED],
            "web_dexscreener_url": self.url,
            "web_coingecko_url": f"{self.url}/api/v3",
            "web_poll_s": 0.5,
            "web_host_delay_s": 0.0,
        }

    def add(self, count: int, now_ms: int) -> list[str]:
        """A few entries of right now; their ids."""
        return [self.publish("$DOGE to the moon", now_ms) for _ in range(count)]

    def publish(self, title: str, at_ms: int | None, content: str = "<p>More.</p>") -> str:
        """An entry in the feed; its id. Its page is ``pages[its path]``."""
        link = f"{self.url}/articles/{len(self.items) + 1}"
        date = "" if at_ms is None else from_ms(at_ms).strftime("%a, %d %b %Y %H:%M:%S GMT")
        self.items.append(
            f"<item><title>{escape(title)}</title><link>{link}</link><guid>{link}</guid>"
            + (f"<pubDate>{date}</pubDate>" if date else "")
            + (f"<description>{escape(content)}</description>" if content else "")
            + "</item>"
        )
        return link

    def pool(self, address: str, price: str | None, depth: float, **more: Any) -> dict[str, Any]:
        """A pool of a token, as DexScreener lists it."""
        number = sum(map(len, self.pools.values())) + 1
        pool = {
            "chainId": "ethereum",
            "dexId": "uniswap",
            "pairAddress": f"0xpool{number}",
            "baseToken": {"address": address, "name": "Token", "symbol": "TKN"},
            "quoteToken": {"address": "0xweth", "name": "Ether", "symbol": "WETH"},
            "priceNative": "0.1",
            "priceUsd": price,
            "liquidity": {"usd": depth, "base": 1, "quote": 1},
        } | more
        self.pools.setdefault(address.lower(), []).append(pool)
        return pool

    def coin(self, symbol: str, name: str, price: str, at_ms: int) -> None:
        """A coin as CoinGecko lists it; ``price`` as it stands in the JSON."""
        self.coins.append(
            {
                "id": name.lower(),
                "symbol": symbol.lower(),
                "name": name,
                "current_price": price,
                "last_updated": rfc3339(at_ms),
            }
        )

    async def respond(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        if self.answers.get(path):
            return self.answers[path].pop(0)
        if path == "/robots.txt":
            return _response(self.robots)
        if path == FEED:
            return self._feed(request)
        if path.startswith("/latest/dex/tokens/"):
            asked = path.rpartition("/")[2].split(",")
            pools = [pool for address in asked for pool in self.pools.get(address.lower(), ())]
            return web.json_response(
                {"schemaVersion": "1.0.0", "pairs": pools[:MOST_POOLS] or None}
            )
        if path == "/api/v3/coins/markets":
            symbols = request.query["symbols"].split(",")
            coins = [coin for coin in self.coins if coin["symbol"] in symbols]
            return web.Response(text=_coins(coins), content_type="application/json")
        if path in self.pages:
            return _response(self.pages[path])
        return web.Response(status=404)

    def _feed(self, request: web.Request) -> web.Response:
        shown = "".join(reversed(self.items[-self.window :]))
        text = (
            '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
            f"<title>News</title><language>en-us</language>{shown}</channel></rss>"
        )
        etag = f'"{hashlib.sha256(text.encode()).hexdigest()[:16]}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        return web.Response(text=text, content_type="application/rss+xml", headers={"ETag": etag})


def _response(page: str | web.Response) -> web.Response:
    if isinstance(page, str):
        return web.Response(text=page, content_type="text/html" if "<" in page else "text/plain")
    # A response can be sent once.
    return web.Response(status=page.status, headers=page.headers, body=page.body)


def _coins(coins: list[dict[str, Any]]) -> str:
    """JSON whose numbers keep every digit they were written with."""
    return (
        "["
        + ",".join(
            f'{{"id": "{coin["id"]}", "symbol": "{coin["symbol"]}", "name": "{coin["name"]}", '
            f'"current_price": {coin["current_price"]}, "last_updated": "{coin["last_updated"]}"}}'
            for coin in coins
        )
        + "]"
    )
