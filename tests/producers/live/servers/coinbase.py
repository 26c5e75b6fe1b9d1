"""Coinbase Exchange's REST and websocket feed, as much of them as trades need."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from schemas.times import parse_rfc3339, rfc3339
from tests.producers.live.servers.venue import Sold, VenueServer


class CoinbaseServer(VenueServer):
    name = "coinbase"
    quote = "USD"

    def rest(self, request: web.Request) -> web.Response:
        products = {symbol.replace("/", "-"): symbol for symbol in self.markets}
        _, first, *rest = request.path.split("/")
        if first != "products" or (rest and rest[0] not in products):
            return web.json_response({"message": "NotFound"}, status=404)
        if not rest:
            return web.json_response([_product(name) for name in products])
        symbol, query = products[rest[0]], request.query
        if rest[1] == "candles":
            begin, end = parse_rfc3339(query["start"]), parse_rfc3339(query["end"])
            rows = [
                # Numbers, seconds, and low before high: so it is.
                f"[{c[0] // 1000},{c[3]},{c[2]},{c[1]},{c[4]},{c[5]}]"
                for c in self.candles[symbol]
                if begin <= c[0] <= end
            ]
            text = f"[{','.join(reversed(rows))}]"
            return web.Response(text=text, content_type="application/json")
        after, before = int(query.get("after", 10**18)), int(query.get("before", "0"))
        newest_first = [s for s in reversed(self.tape[symbol]) if before < s.number < after]
        page = newest_first[: min(int(query.get("limit", "1000")), 1000)]
        headers = (
            {"cb-before": str(page[0].number), "cb-after": str(page[-1].number)} if page else {}
        )
        return web.json_response([_row(sold) for sold in page], headers=headers)

    async def hear(self, socket: web.WebSocketResponse, message: dict[str, Any]) -> None:
        products = {symbol.replace("/", "-"): symbol for symbol in self.markets}
        asked = message.get("product_ids", [])
        if message.get("type") != "subscribe" or not set(asked) <= set(products):
            reason = f"{asked} is not a valid product"
            await socket.send_json(
                {"type": "error", "message": "Failed to subscribe", "reason": reason}
            )
            return
        for product in asked:
            self.subscribe(products[product], socket)
        channels = [{"name": "matches", "product_ids": asked}]
        await socket.send_json({"type": "subscriptions", "channels": channels})
        for product in asked:
            if tape := self.tape[products[product]]:
                await socket.send_str(self._match("last_match", products[product], tape[-1]))

    def frame(self, symbol: str, sold: Sold) -> str:
        return self._match("match", symbol, sold)

    def _match(self, kind: str, symbol: str, sold: Sold) -> str:
        return json.dumps(
            {
                "type": kind,
                **_row(sold),
                "maker_order_id": "0f358725-2134-435e-be11-753912a326e0",
                "taker_order_id": "252b7002-87a3-425c-ac73-f5b9e23f3caf",
                "product_id": symbol.replace("/", "-"),
                "sequence": sold.number * 7,
            }
        )


def _row(sold: Sold) -> dict[str, Any]:
    return {
        "trade_id": sold.number,
        # The maker's side.
        "side": "sell" if sold.side == "buy" else "buy",
        "size": sold.amount,
        "price": sold.price,
        "time": rfc3339(sold.time_ms).replace("Z", "814Z"),
    }


def _product(name: str) -> dict[str, Any]:
    base, quote = name.split("-")
    return {
        "id": name,
        "base_currency": base,
        "quote_currency": quote,
        "quote_increment": "0.00000001",
        "base_increment": "0.1",
        "display_name": f"{base}/{quote}",
        "min_market_funds": "1",
        "margin_enabled": False,
        "status": "online",
        "status_message": "",
    }
