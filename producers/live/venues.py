"""How each exchange words its trades, and how its trades are paged through from an id or a time.

Trade ids count up by one in each market of these venues, so a missing id is a missing trade.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from typing import Any, ClassVar, Literal, NamedTuple

from schemas.times import parse_rfc3339

#: One page of trades; all three venues allow it.
PAGE = 1000

#: A public endpoint of the venue, by its ccxt name: parameters in, the decoded answer out. Numbers
#: in it are strings as they were written.
Rest = Callable[[str, dict[str, Any]], Awaitable[Any]]


class Market(NamedTuple):
    """One spot market: the names the socket and REST have for it, and what is traded for what."""

    key: str
    rest_id: str
    symbol: str
    base: str
    quote: str


class RawTrade(NamedTuple):
    """What a venue said of one trade, as it said it; ``side`` is the taker's."""

    key: str
    number: int
    time_ms: int
    price: str
    amount: str
    side: Literal["buy", "sell"]


class Position(NamedTuple):
    """The last trade heard of a market; ``number`` is 0 when none was heard since ``time_ms``."""

    number: int
    time_ms: int


Row = Any  # One trade in a REST answer: a list or a dictionary of strings, as the venue likes.


class Venue(ABC):
    """What differs between exchanges. Reading is pure and raises ``ValueError``, ``KeyError``,
    ``TypeError``, ``IndexError`` or ``ArithmeticError`` for what is no trade.
    """

    ccxt_name: ClassVar[str]
    #: Whether it tells each market's last trades as soon as one subscribes.
    tells_latest: ClassVar[bool]
    #: Parameters of ccxt's ``watch_trades_for_symbols`` and ``load_markets``.
    watch_parameters: ClassVar[dict[str, Any]] = {}
    market_parameters: ClassVar[dict[str, Any]] = {}
    ccxt_options: ClassVar[dict[str, Any]] = {}
    #: Between two requests of weight 1.
    pace_ms: ClassVar[int]
    #: The header that says how much of ``weight_limit`` a minute is used.
    weight_header: ClassVar[str | None] = None
    weight_limit: ClassVar[float] = 0.0

    @abstractmethod
    def urls(self, rest: str, stream: str) -> dict[str, Any]:
        """ccxt's ``urls.api`` for other addresses than its own; empty ones stay as they are."""

    def prepare(self, exchange: Any) -> None:
        """Mend what ccxt does otherwise than the venue's own documentation says."""
        del exchange

    def key(self, market: dict[str, Any]) -> str:
        """What the socket calls a ccxt market."""
        return str(market["id"])

    @abstractmethod
    def is_trades(self, message: Any) -> bool:
        """Whether a decoded frame brings trades."""

    @abstractmethod
    def trades(self, message: Any) -> list[RawTrade]:
        """The trades of a frame that ``is_trades``."""

    @abstractmethod
    def confirmed(self, message: Any, asked: int) -> int:
        """How many of the ``asked`` markets a decoded frame confirms as subscribed."""

    @abstractmethod
    def trade(self, row: Row, key: str) -> RawTrade:
        """One row of a REST answer."""

    @abstractmethod
    async def newest(self, rest: Rest, market: Market) -> list[Row]:
        """As many of the newest trades as one request brings, oldest first."""

    @abstractmethod
    def pages(self, rest: Rest, market: Market, after: Position) -> AsyncIterator[list[Row]]:
        """Trades after a position, oldest first, up to the newest; some before it may come too."""


class BinanceVenue(Venue):
    """Unaggregated trades: an aggregate would hide the fills of one order."""

    ccxt_name = "binance"
    # ccxt takes older trades for 10 of the 6000 a minute; they weigh 25.
    pace_ms = 125
    tells_latest = False
    # A tenth of the answer's size, which would otherwise stop everything else for a second.
    market_parameters: ClassVar[dict[str, Any]] = {"showPermissionSets": "false"}
    ccxt_options: ClassVar[dict[str, Any]] = {
        "fetchMarkets": {"types": ["spot"]},
        "watchTradesForSymbols": {"name": "trade"},
    }
    weight_header = "x-mbx-used-weight-1m"
    weight_limit = 6000.0

    def urls(self, rest: str, stream: str) -> dict[str, Any]:
        return ({"public": f"{rest}/api/v3"} if rest else {}) | (
            {"ws": {"spot": f"{stream}/ws"}} if stream else {}
        )

    def prepare(self, exchange: Any) -> None:
        sign = exchange.sign

        def signed(path: str, *arguments: Any, **named: Any) -> Any:
            # ccxt insists on a key for older trades; the venue has not asked for one since 2023.
            if path != "historicalTrades":
                return sign(path, *arguments, **named)
            request = sign("trades", *arguments, **named)
            return request | {"url": request["url"].replace("/trades?", "/historicalTrades?", 1)}

        exchange.sign = signed

    def is_trades(self, message: Any) -> bool:
        return isinstance(message, dict) and message.get("e") == "trade"

    def trades(self, message: Any) -> list[RawTrade]:
        # The buyer being the maker means that somebody sold into the book.
        side: Literal["buy", "sell"] = "sell" if _flag(message["m"]) else "buy"
        return [
            RawTrade(
                _text(message["s"]),
                _number(message["t"]),
                _number(message["T"]),
                _amount(message["p"]),
                _amount(message["q"]),
                side,
            )
        ]

    def confirmed(self, message: Any, asked: int) -> int:
        answers = isinstance(message, dict) and "id" in message and "result" in message
        return asked if answers else 0

    def trade(self, row: Row, key: str) -> RawTrade:
        return RawTrade(
            key,
            _number(row["id"]),
            _number(row["time"]),
            _amount(row["price"]),
            _amount(row["qty"]),
            "sell" if _flag(row["isBuyerMaker"]) else "buy",
        )

    async def newest(self, rest: Rest, market: Market) -> list[Row]:
        rows: list[Row] = await rest("publicGetTrades", {"symbol": market.rest_id, "limit": PAGE})
        return rows

    async def pages(self, rest: Rest, market: Market, after: Position) -> AsyncIterator[list[Row]]:
        first = after.number + 1
        if after.number == 0:
            # Only aggregates can be asked by time; they tell the ids of their parts.
            found = await rest(
                "publicGetAggTrades",
                {"symbol": market.rest_id, "startTime": after.time_ms, "limit": 1},
            )
            if not found:
                return
            first = _number(found[0]["f"])
        while True:
            rows = await rest(
                "publicGetHistoricalTrades",
                {"symbol": market.rest_id, "fromId": first, "limit": PAGE},
            )
            if rows:
                yield rows
            if len(rows) < PAGE:
                return
            first = _number(rows[-1]["id"]) + 1


class CoinbaseVenue(Venue):
    """Coinbase Exchange: the same book as Coinbase's other interfaces, and trade ids to page by."""

    ccxt_name = "coinbaseexchange"
    pace_ms = 100
    tells_latest = True

    def urls(self, rest: str, stream: str) -> dict[str, Any]:
        return ({"public": rest} if rest else {}) | ({"ws": stream} if stream else {})

    def is_trades(self, message: Any) -> bool:
        return isinstance(message, dict) and message.get("type") in ("match", "last_match")

    def trades(self, message: Any) -> list[RawTrade]:
        return [self.trade(message, _text(message["product_id"]))]

    def confirmed(self, message: Any, asked: int) -> int:
        return asked if isinstance(message, dict) and message.get("type") == "subscriptions" else 0

    def trade(self, row: Row, key: str) -> RawTrade:
        # Coinbase names the maker's side, on the socket as in REST.
        side = _side(row["side"])
        return RawTrade(
            key,
            _number(row["trade_id"]),
            parse_rfc3339(_text(row["time"])),
            _amount(row["price"]),
            _amount(row["size"]),
            "sell" if side == "buy" else "buy",
        )

    async def newest(self, rest: Rest, market: Market) -> list[Row]:
        parameters = {"id": market.rest_id, "limit": PAGE}
        rows: list[Row] = await rest("publicGetProductsIdTrades", parameters)
        return rows[::-1]

    async def pages(self, rest: Rest, market: Market, after: Position) -> AsyncIterator[list[Row]]:
        """The venue pages backwards only: ids count up, so the page that ends there is asked."""

        async def before(number: int, limit: int) -> list[Row]:
            parameters = {"id": market.rest_id, "after": number, "limit": limit}
            rows: list[Row] = await rest("publicGetProductsIdTrades", parameters)
            return rows[::-1]

        newest_rows = await rest("publicGetProductsIdTrades", {"id": market.rest_id, "limit": 1})
        if not newest_rows:
            return
        newest = self.trade(newest_rows[0], market.key)
        first = after.number + 1
        if after.number == 0:
            if newest.time_ms <= after.time_ms:
                return
            low, high = 1, newest.number
            while low < high:
                middle = (low + high) // 2
                rows = await before(middle + 1, 1)
                if rows and self.trade(rows[-1], market.key).time_ms > after.time_ms:
                    high = middle
                else:
                    low = middle + 1
            first = low
        while first <= newest.number:
            end = min(first + PAGE, newest.number + 1)
            rows = [
                row for row in await before(end, end - first) if _number(row["trade_id"]) >= first
            ]
            if rows:
                yield rows
            first = end


class KrakenVenue(Venue):
    """The second version of the socket; its numbers are JSON numbers, kept as they are written."""

    ccxt_name = "kraken"
    pace_ms = 1000
    tells_latest = True
    watch_parameters: ClassVar[dict[str, Any]] = {"snapshot": True}

    def urls(self, rest: str, stream: str) -> dict[str, Any]:
        return ({"public": rest} if rest else {}) | (
            {"ws": {"publicV2": f"{stream}/v2"}} if stream else {}
        )

    def key(self, market: dict[str, Any]) -> str:
        return str(market["symbol"])

    def is_trades(self, message: Any) -> bool:
        return isinstance(message, dict) and message.get("channel") == "trade"

    def trades(self, message: Any) -> list[RawTrade]:
        return [
            RawTrade(
                _text(trade["symbol"]),
                _number(trade["trade_id"]),
                parse_rfc3339(_text(trade["timestamp"])),
                _amount(trade["price"]),
                _amount(trade["qty"]),
                _side(trade["side"]),
            )
            for trade in message["data"]
        ]

    def confirmed(self, message: Any, asked: int) -> int:
        del asked  # Each market is answered for itself; a refused one is answered too.
        return int(isinstance(message, dict) and message.get("method") == "subscribe")

    def trade(self, row: Row, key: str) -> RawTrade:
        price, amount, seconds, side, _, _, number = row[:7]
        return RawTrade(
            key,
            _number(number),
            int(Decimal(_amount(seconds)) * 1000),
            _amount(price),
            _amount(amount),
            _side({"b": "buy", "s": "sell"}[side]),
        )

    async def newest(self, rest: Rest, market: Market) -> list[Row]:
        answer = await rest("publicGetTrades", {"pair": market.rest_id, "count": PAGE})
        rows: list[Row] = answer["result"][market.rest_id]
        return rows

    async def pages(self, rest: Rest, market: Market, after: Position) -> AsyncIterator[list[Row]]:
        # Nanoseconds, exclusive: trades of the same millisecond come too.
        since = str(max(after.time_ms * 1_000_000 - 1, 0))
        while True:
            answer = await rest(
                "publicGetTrades", {"pair": market.rest_id, "since": since, "count": PAGE}
            )
            result = answer["result"]
            rows = result[market.rest_id]
            if rows:
                yield rows
            last = str(result["last"])
            if len(rows) < PAGE or last == since:
                return
            since = last


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"not a string: {value!r:.100}")
    return value


def _amount(value: Any) -> str:
    """A decimal number as it was written; JSON's own numbers without a point are integers here."""
    return str(value) if type(value) is int else _text(value)


def _number(value: Any) -> int:
    """Ids and times: integers, or strings of digits as ccxt keeps numbers of REST answers."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError(f"not an integer: {value!r:.100}")
    number = int(value)
    if number < 0:
        raise ValueError(f"a negative number: {number}")
    return number


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"neither true nor false: {value!r:.100}")
    return value


def _side(value: Any) -> Literal["buy", "sell"]:
    if value == "buy":
        return "buy"
    if value == "sell":
        return "sell"
    raise ValueError(f"neither buy nor sell: {value!r:.100}")


#: By the name of the source.
VENUES: dict[str, Venue] = {
    "binance": BinanceVenue(),
    "coinbase": CoinbaseVenue(),
    "kraken": KrakenVenue(),
}
