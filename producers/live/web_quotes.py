"""Prices as lists of tokens give them: DexScreener by address, CoinGecko by ticker."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from producers.cleaning import decimal_text, instant_ms
from producers.registry import RegisteredToken, TokenRegistry, normal_address
from producers.source import Rejected
from schemas.events import Tick
from schemas.times import rfc3339

#: DexScreener answers with thirty pools at most, however many tokens they belong to.
MOST_POOLS = 30
ADDRESSES_A_REQUEST = 10
SYMBOLS_A_REQUEST = 50
_MINUTE_MS = 60_000


class Pools(msgspec.Struct):
    """An answer of DexScreener and which addresses it was asked for: it names others too."""

    asked: list[str]
    pairs: list[msgspec.Raw]


class _Answer(msgspec.Struct):
    pairs: list[msgspec.Raw] | None = None


class _Side(msgspec.Struct):
    address: str
    symbol: str = ""


class _Liquidity(msgspec.Struct):
    usd: float | None = None


class _Pool(msgspec.Struct, rename="camel"):
    chain_id: str
    dex_id: str
    pair_address: str
    base_token: _Side
    price_usd: str | None = None
    liquidity: _Liquidity | None = None

    @property
    def depth(self) -> float:
        return (self.liquidity and self.liquidity.usd) or 0.0


class _Coin(msgspec.Struct):
    id: str
    symbol: str
    name: str
    current_price: Decimal | None
    last_updated: str | None


def read_pools(asked: list[str], body: bytes) -> Pools:
    """Raises ``ValueError`` when it is no answer of DexScreener."""
    return Pools(asked, _decoded(body, _Answer).pairs or [])


def base_addresses(pools: Pools) -> set[str]:
    """The tokens the answer has a pool of, in their one spelling."""
    found = set()
    for raw in pools.pairs:
        try:
            found.add(normal_address(msgspec.json.decode(raw, type=_Pool).base_token.address))
        except msgspec.MsgspecError:
            continue
    return found


def ticks_of_pools(
    body: bytes, received_ms: int, tokens: TokenRegistry
) -> Iterator[Tick | Rejected]:
    """One quote for each token asked for: that of its deepest pool.

    Raises:
        ValueError: it is no payload of pools.
    """
    payload = _decoded(body, Pools)
    asked = {normal_address(address) for address in payload.asked}
    deepest: dict[tuple[str, str], tuple[_Pool, msgspec.Raw]] = {}
    broken = 0
    for raw in payload.pairs:
        try:
            pool = msgspec.json.decode(raw, type=_Pool)
        except msgspec.MsgspecError as error:
            broken += 1
            if broken == 1:
                # The others of this answer are broken in the same way, and every minute.
                yield Rejected(reason=f"no pool of DexScreener: {error}", value=bytes(raw))
            continue
        address = normal_address(pool.base_token.address)
        if address not in asked or pool.price_usd is None:
            continue
        known = deepest.get((pool.chain_id, address))
        if known is None or pool.depth > known[0].depth:
            deepest[pool.chain_id, address] = pool, raw
    for (chain, address), (pool, raw) in deepest.items():
        for token in tokens.by_address(address, chain):
            try:
                yield _tick_of_pool(pool, token, received_ms)
            except ValueError as error:
                yield Rejected(reason=f"no price of DexScreener: {error}", value=bytes(raw))


def read_coins(body: bytes) -> list[msgspec.Raw]:
    """Raises ``ValueError`` when it is no answer of CoinGecko."""
    coins: list[msgspec.Raw] = _decoded(body, list[msgspec.Raw])
    return coins


def fresh_coins(
    coins: Iterable[msgspec.Raw], updated: Mapping[str, str]
) -> dict[str, tuple[str, bytes]]:
    """By id: when a coin's price was last updated, and the coin as it came.

    Only those that ``updated`` does not know so; what cannot be read has an id of its own.
    """
    fresh = {}
    for raw in coins:
        body = bytes(raw)
        try:
            coin = msgspec.json.decode(raw, type=_Coin)
            identity, moment = coin.id, coin.last_updated or ""
        except msgspec.MsgspecError:
            identity, moment = f"unreadable {zlib.crc32(body)}", "ever"
        if updated.get(identity) != moment:
            fresh[identity] = moment, body
    return fresh


def coins_of(coins: Iterable[bytes]) -> bytes:
    """Those coins alone, digit by digit as they came."""
    return b"[" + b",".join(coins) + b"]"


def ticks_of_coins(body: bytes, tokens: TokenRegistry) -> Iterator[Tick | Rejected]:
    """One quote for each token without an address.

    Raises:
        ValueError: it is no payload of coins.
    """
    by_symbol: dict[str, list[tuple[_Coin, msgspec.Raw]]] = {}
    for raw in read_coins(body):
        try:
            coin = msgspec.json.decode(raw, type=_Coin)
        except msgspec.MsgspecError as error:
            yield Rejected(reason=f"no coin of CoinGecko: {error}", value=bytes(raw))
            continue
        by_symbol.setdefault(coin.symbol.upper(), []).append((coin, raw))
    for symbol, coins in by_symbol.items():
        for token in tokens.by_symbol(symbol):
            if token.address is not None:
                continue
            # The first is the largest; a name tells coins of one ticker apart.
            coin, raw = next((each for each in coins if _is_named(each[0], token)), coins[0])
            if coin.current_price is None or coin.last_updated is None:
                continue
            try:
                yield _tick_of_coin(coin, token)
            except ValueError as error:
                yield Rejected(reason=f"no price of CoinGecko: {error}", value=bytes(raw))


def _tick_of_pool(pool: _Pool, token: RegisteredToken, received_ms: int) -> Tick:
    return Tick(
        id=f"web:dexscreener:{pool.chain_id}:{pool.pair_address}:{received_ms // _MINUTE_MS}",
        token=token.token,
        symbol=token.symbol,
        event_time=rfc3339(received_ms),
        source="web",
        kind="quote",
        price=_price(pool.price_usd or ""),
        venue=pool.dex_id,
        quote="USD",
        chain=pool.chain_id,
        contract=pool.pair_address,
    )


def _tick_of_coin(coin: _Coin, token: RegisteredToken) -> Tick:
    time_ms = instant_ms(coin.last_updated or "")
    return Tick(
        id=f"web:coingecko:{coin.id}:{time_ms // _MINUTE_MS}",
        token=token.token,
        symbol=token.symbol,
        event_time=rfc3339(time_ms),
        source="web",
        kind="quote",
        price=_price(coin.current_price or Decimal(0)),
        venue="coingecko",
        quote="USD",
    )


def _price(value: str | Decimal) -> str:
    price = decimal_text(value)
    if not Decimal(price):
        raise ValueError("the price is zero")
    return price


def _is_named(coin: _Coin, token: RegisteredToken) -> bool:
    return token.name is not None and coin.name.casefold() == token.name.casefold()


def _decoded(body: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ValueError(str(error)) from None
