"""Binance's spot REST and websocket streams, as much of them as trades need."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from tests.producers.live.servers.venue import Sold, VenueServer


class BinanceServer(VenueServer):
    name = "binance"
    quote = "USDT"

    def rest(self, request: web.Request) -> web.Response:
        query = request.query
        symbol = self._symbols().get(query.get("symbol", ""), "")
        limit = min(int(query.get("limit", "500")), 1000)
        answer: Any
        match request.path:
            case "/api/v3/exchangeInfo":
                answer = {
                    "timezone": "UTC",
                    "symbols": [self._market(name) for name in self.markets],
                }
            case "/api/v3/historicalTrades" | "/api/v3/trades" if symbol:
                rows = self.tape[symbol]
                if "fromId" in query:
                    rows = [s for s in rows if s.number >= int(query["fromId"])][:limit]
                answer = [_row(sold) for sold in rows[-limit:]]
            case "/api/v3/aggTrades" if symbol:
                begin = int(query.get("startTime", "0"))
                rows = [s for s in self.tape[symbol] if s.time_ms >= begin]
                answer = [_aggregate(sold) for sold in rows[:limit]]
            case "/api/v3/klines" if symbol:
                begin = int(query.get("startTime", "0"))
                answer = [_kline(c) for c in self.candles[symbol] if c[0] >= begin][:limit]
            case _:
                return web.json_response({"code": -1121, "msg": "Invalid symbol."}, status=400)
        used = {"x-mbx-used-weight-1m": str(len(self.requests))}
        return web.json_response(answer, headers=used)

    async def hear(self, socket: web.WebSocketResponse, message: dict[str, Any]) -> None:
        streams = {f"{name.lower()}@trade": symbol for name, symbol in self._symbols().items()}
        if message.get("method") != "SUBSCRIBE" or not set(message["params"]) <= set(streams):
            error = {"code": 2, "msg": "Invalid request: invalid stream"}
            await socket.send_json({"error": error, "id": message.get("id")})
            return
        for stream in message["params"]:
            self.subscribe(streams[stream], socket)
        await socket.send_json({"result": None, "id": message["id"]})

    def frame(self, symbol: str, sold: Sold) -> str:
        return json.dumps(
            {
                "e": "trade",
                "E": sold.time_ms + 1,
                "s": symbol.replace("/", ""),
                "t": sold.number,
                "p": sold.price,
                "q": sold.amount,
                "T": sold.time_ms,
                "m": sold.side == "sell",
                "M": True,
            }
        )

    def _symbols(self) -> dict[str, str]:
        return {symbol.replace("/", ""): symbol for symbol in self.markets}

    def _market(self, symbol: str) -> dict[str, Any]:
        base, quote = symbol.split("/")
        return {
            "symbol": base + quote,
            "status": "TRADING",
            "baseAsset": base,
            "baseAssetPrecision": 8,
            "quoteAsset": quote,
            "quotePrecision": 8,
            "quoteAssetPrecision": 8,
            "orderTypes": ["LIMIT", "MARKET"],
            "icebergAllowed": True,
            "isSpotTradingAllowed": True,
            "isMarginTradingAllowed": False,
            "filters": [
                {"filterType": "PRICE_FILTER", "minPrice": "0.00000001", "tickSize": "0.00000001"},
                {"filterType": "LOT_SIZE", "minQty": "1.00", "stepSize": "1.00"},
            ],
            "permissions": [],
        }


def _row(sold: Sold) -> dict[str, Any]:
    return {
        "id": sold.number,
        "price": sold.price,
        "qty": sold.amount,
        "quoteQty": "1.0",
        "time": sold.time_ms,
        "isBuyerMaker": sold.side == "sell",
        "isBestMatch": True,
    }


def _aggregate(sold: Sold) -> dict[str, Any]:
    return {
        "a": sold.number // 2,
        "p": sold.price,
        "q": sold.amount,
        "f": sold.number,
        "l": sold.number,
        "T": sold.time_ms,
        "m": sold.side == "sell",
        "M": True,
    }


def _kline(candle: tuple[int, str, str, str, str, str]) -> list[Any]:
    opens_ms, *numbers = candle
    return [opens_ms, *numbers, opens_ms + 59_999, "1.0", 10, "0.5", "0.5", "0"]
