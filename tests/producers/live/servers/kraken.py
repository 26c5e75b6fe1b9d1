"""Kraken's public REST and the second version of its websocket, as much of them as trades need."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from aiohttp import web

from schemas.times import rfc3339
from tests.producers.live.servers.venue import Sold, VenueServer


class KrakenServer(VenueServer):
    name = "kraken"
    quote = "USD"

    async def greet(self, socket: web.WebSocketResponse) -> None:
        data = [{"version": "2.0.10", "system": "online", "api_version": "v2"}]
        await socket.send_json({"channel": "status", "type": "update", "data": data})

    def rest(self, request: web.Request) -> web.Response:
        query = request.query
        pairs = {symbol.replace("/", ""): symbol for symbol in self.markets}
        pair = query.get("pair", "")
        match request.path:
            case "/0/public/AssetPairs":
                result = {name: _pair(name, symbol) for name, symbol in pairs.items()}
                return web.json_response({"error": [], "result": result})
            case "/0/public/Trades" if pair in pairs:
                count, tape = min(int(query.get("count", "1000")), 1000), self.tape[pairs[pair]]
                if "since" in query:
                    since = int(query["since"])
                    page = [sold for sold in tape if _nanoseconds(sold) > since][:count]
                else:
                    since, page = 0, tape[-count:]
                last = _nanoseconds(page[-1]) if page else since
                rows = ",".join(_row(sold) for sold in page)
                text = f'{{"error":[],"result":{{"{pair}":[{rows}],"last":"{last}"}}}}'
                return web.Response(text=text, content_type="application/json")
            case "/0/public/OHLC" if pair in pairs:
                candles = [
                    [c[0] // 1000, *c[1:5], "0.1", c[5], 4]
                    for c in self.candles[pairs[pair]]
                    if c[0] // 1000 > int(query.get("since", "0"))
                ]
                return web.json_response({"error": [], "result": {pair: candles, "last": 0}})
        return web.json_response({"error": ["EQuery:Unknown asset pair"]})

    async def hear(self, socket: web.WebSocketResponse, message: dict[str, Any]) -> None:
        if message.get("method") == "ping":
            await socket.send_json({"method": "pong", "req_id": message.get("req_id")})
            return
        parameters = message["params"]
        for symbol in parameters["symbol"]:
            answer = {"method": "subscribe", "req_id": message.get("req_id")}
            if symbol not in self.markets:
                refusal = f"Currency pair not supported {symbol}"
                await socket.send_json(
                    answer | {"error": refusal, "success": False, "symbol": symbol}
                )
                continue
            self.subscribe(symbol, socket)
            result = {"channel": "trade", "snapshot": True, "symbol": symbol}
            await socket.send_json(answer | {"result": result, "success": True})
            if parameters.get("snapshot") and self.tape[symbol]:
                await socket.send_str(_frame("snapshot", symbol, self.tape[symbol][-50:]))

    def frame(self, symbol: str, sold: Sold) -> str:
        return _frame("update", symbol, [sold])


def _frame(kind: str, symbol: str, trades: list[Sold]) -> str:
    # Prices and amounts are JSON numbers here.
    data = ",".join(
        f'{{"symbol":"{symbol}","side":"{sold.side}","price":{sold.price},"qty":{sold.amount},'
        f'"ord_type":"market","trade_id":{sold.number},"timestamp":"{rfc3339(sold.time_ms)}"}}'
        for sold in trades
    )
    return f'{{"channel":"trade","type":"{kind}","data":[{data}]}}'


def _nanoseconds(sold: Sold) -> int:
    return sold.time_ms * 1_000_000 + sold.number % 1000


def _row(sold: Sold) -> str:
    side = sold.side[0]
    seconds = Decimal(_nanoseconds(sold)).scaleb(-9)
    return json.dumps([sold.price, sold.amount])[:-1] + f',{seconds},"{side}","m","",{sold.number}]'


def _pair(name: str, symbol: str) -> dict[str, Any]:
    base, quote = symbol.split("/")
    return {
        "altname": name,
        "wsname": symbol,
        "aclass_base": "currency",
        "base": base,
        "aclass_quote": "currency",
        "quote": f"Z{quote}" if quote in ("USD", "EUR") else quote,
        "lot": "unit",
        "pair_decimals": 9,
        "lot_decimals": 8,
        "lot_multiplier": 1,
        "leverage_buy": [],
        "leverage_sell": [],
        "fees": [[0, 0.26]],
        "fees_maker": [[0, 0.16]],
        "fee_volume_currency": "ZUSD",
        "ordermin": "1",
        "status": "online",
    }
