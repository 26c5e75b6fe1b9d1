"""Recorded files as they come from exchanges, chains and networks."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from producers.recorded.files import find_files, survey
from producers.recorded.source import RecordedSource
from producers.source import Item
from schemas.times import rfc3339

START_MS = 1_534_521_600_000
HEADER = "symbol,timestamp,datetime,side,price,amount,btc_volume"


def trade_row(
    time_ms: int = START_MS,
    symbol: str = "OAX/BTC",
    side: str = "buy",
    price: str = "1.36e-06",
    amount: str = "335.0",
) -> str:
    return f"{symbol},{time_ms},{rfc3339(time_ms)},{side},{price},{amount},0.0004"


def write_trades(path: Path, rows: Iterable[str], header: str = HEADER) -> Path:
    return write_lines(path, [header, *rows])


def transfer(
    time_ms: int = START_MS, number: int = 1, asset: str | None = "OAX", **changes: Any
) -> dict[str, Any]:
    """One transfer in the shape of Alchemy's ``getAssetTransfers`` answer."""
    transaction = f"0x{number:064x}"
    return {
        "asset": asset,
        "blockNum": "0xaab95d",
        "category": "erc20",
        "erc1155Metadata": None,
        "erc721TokenId": None,
        "from": "0x330a72b49e06256bfe20a765f77d816a422b00a7",
        "hash": transaction,
        "metadata": {"blockTimestamp": rfc3339(time_ms)},
        "rawContract": {
            "address": "0x1A7a8bd9106f2b8d977e08582dc7d24c723ab0db",
            "decimal": "0x12",
            "value": "0x9582f0537d5f580000",
        },
        "to": "0x47fef156fa29ae4ecb47e0c675eb4f9c55055d6a",
        "tokenId": None,
        "uniqueId": f"{transaction}:log:133",
        "value": 2758,
    } | changes


def post(time_ms: int = START_MS, number: int = 1, token: str = "OAX") -> dict[str, Any]:
    return {
        "id": f"reddit:p{number}:{token}",
        "token": token,
        "symbol": token,
        "event_time": rfc3339(time_ms),
        "source": "reddit",
        "post_id": f"p{number}",
        "author": "someone",
        "text": f"to the moon {number}",
    }


def write_objects(path: Path, objects: Iterable[dict[str, Any]]) -> Path:
    return write_lines(path, [json.dumps(item) for item in objects])


def write_lines(path: Path, lines: Sequence[str]) -> Path:
    data = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def recorded_source(paths: Iterable[Path]) -> RecordedSource:
    """The source of files that all hold one kind."""
    files = [survey(path)[0] for path in find_files(paths)]
    (topic,) = {file.parser.topic for file in files if file.parser is not None}
    return RecordedSource(topic, files)


async def collect(source: Any, resume: str | None = None) -> list[tuple[Item, str]]:
    return [pair async for pair in source.events(resume)]
