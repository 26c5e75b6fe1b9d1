"""A simulated market written down as a recorder would have: CSV trades, NDJSON transfers, posts."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import msgspec

from producers.simulated import SimulatedMarket
from schemas.codec import event_time_ms
from schemas.events import Post, Tick, Transfer

START_MS = 1_735_700_400_000
HOURS = 5
TOKENS = 24
SEED = 11
_HEADER = "symbol,timestamp,datetime,side,price,amount,btc_volume"
_DECIMALS = 18


def write_recordings(folder: Path, hours: float = HOURS, tokens: int = TOKENS) -> list[Path]:
    """The market's files, a few for each kind; a token is known by its symbol alone."""
    end_ms = START_MS + round(hours * 3_600_000)
    market = SimulatedMarket(SEED, tokens, start_ms=START_MS, end_ms=end_ms)
    lines: defaultdict[str, list[str]] = defaultdict(list)
    for event in market.events():
        symbol = event.symbol
        if isinstance(event, Tick):
            if event.kind == "trade":
                lines[f"trades-{symbol}.csv"].append(_trade(event))
        elif isinstance(event, Transfer):
            lines[f"transfers-{symbol}.ndjson.gz"].append(json.dumps(_transfer(event)))
        elif isinstance(event, Post):
            renamed = msgspec.structs.replace(
                event, token=symbol, id=f"{event.source}:{event.post_id}:{symbol}"
            )
            # Posts of several tokens share a file, as a crawler would write them.
            part = sum(symbol.encode()) % 4
            lines[f"posts-{part}.ndjson"].append(msgspec.json.encode(renamed).decode())
    folder.mkdir()
    paths = []
    for name, rows in sorted(lines.items()):
        header = [_HEADER] if name.endswith(".csv") else []
        content = "\n".join([*header, *rows, ""]).encode()
        path = folder / name
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        paths.append(path)
    return paths


def _trade(tick: Tick) -> str:
    amount = tick.amount or "0"
    value = Decimal(tick.price) * Decimal(amount)
    time_ms = event_time_ms(tick)
    return (
        f"{tick.symbol}/{tick.quote},{time_ms},{tick.event_time},{tick.side},"
        f"{tick.price},{amount},{value}"
    )


def _transfer(transfer: Transfer) -> dict[str, object]:
    raw = int(Decimal(transfer.amount).scaleb(_DECIMALS))
    return {
        "asset": transfer.symbol,
        "blockNum": hex(transfer.block_number or 0),
        "category": "erc20",
        "from": transfer.from_address,
        "to": transfer.to_address,
        "hash": transfer.transaction,
        "metadata": {"blockTimestamp": transfer.event_time},
        "rawContract": {"address": transfer.contract, "decimal": hex(_DECIMALS), "value": hex(raw)},
        "uniqueId": f"{transfer.transaction}:log:{transfer.log_index}",
        "value": float(transfer.amount),
    }
