"""ERC-20 transfers in the shape of Alchemy's ``getAssetTransfers`` answer, one object a line."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from msgspec import Struct

from schemas.codec import InvalidRecordError, decode_transfer, encode, event_time_ms
from schemas.events import Transfer
from schemas.times import rfc3339
from schemas.topics import TRANSFERS

#: 2**256 has 78 digits; more decimals than that say nothing.
_MOST_DECIMALS = 77


class _RawContract(Struct, rename="camel"):
    address: str
    value: str | None = None
    decimal: str | int | None = None


class _Metadata(Struct, rename="camel"):
    block_timestamp: str


class _Row(Struct, rename="camel"):
    unique_id: str
    block_num: str
    hash: str
    sender: str = msgspec.field(name="from")
    recipient: str = msgspec.field(name="to")
    raw_contract: _RawContract
    metadata: _Metadata
    category: str = "erc20"
    asset: str | None = None
    value: Decimal | None = None


class TransferParser:
    """The amount is exact: the raw integer scaled by the contract's decimals, where both are there.

    The answer names no block hash, so the id is (chain, transaction, log index).
    """

    topic = TRANSFERS.name
    identified = True

    def __init__(self) -> None:
        self._decoder = msgspec.json.Decoder(_Row)

    def parse(self, line: bytes) -> tuple[int, str, Transfer]:
        try:
            row = self._decoder.decode(line)
            transfer = _transfer(row)
        except (ValueError, ArithmeticError) as error:
            raise InvalidRecordError(str(error)) from None
        time_ms = event_time_ms(transfer)
        transfer = msgspec.structs.replace(transfer, event_time=rfc3339(time_ms))
        return time_ms, transfer.token, decode_transfer(encode(transfer))

    def event(self, draft: Transfer, ordinal: int) -> Transfer:  # noqa: ARG002 - it has an id
        return draft


def _transfer(row: _Row) -> Transfer:
    if row.category != "erc20":
        raise InvalidRecordError(f"no ERC-20 transfer: {row.category} - at `$.category`")
    prefix, _, log_index = row.unique_id.rpartition(":log:")
    if not prefix or not log_index.isdecimal():
        raise InvalidRecordError(f"not `hash:log:N`: {row.unique_id!r} - at `$.uniqueId`")
    contract = row.raw_contract.address.lower()
    token = row.asset.upper() if row.asset else contract
    return Transfer(
        id=f"ethereum:{row.hash.lower()}:{int(log_index[:10])}",
        token=token,
        symbol=token,
        event_time=row.metadata.block_timestamp,
        source="recorded",
        chain="ethereum",
        contract=contract,
        transaction=row.hash.lower(),
        log_index=int(log_index[:10]),
        from_address=row.sender.lower(),
        to_address=row.recipient.lower(),
        amount=_amount(row),
        block_number=int(row.block_num, 16),
    )


def _amount(row: _Row) -> str:
    raw = row.raw_contract
    if raw.value is not None and raw.decimal is not None:
        decimals = raw.decimal if isinstance(raw.decimal, int) else int(raw.decimal, 16)
        return scaled(int(raw.value, 16), decimals)
    if row.value is not None:
        return format(row.value, "f") if abs(row.value.adjusted()) < _MOST_DECIMALS else "invalid"
    raise InvalidRecordError("no amount: neither rawContract.value with decimal, nor value")


def scaled(units: int, decimals: int) -> str:
    """``units / 10**decimals`` as an exact decimal string without trailing zeros."""
    if not 0 <= decimals <= _MOST_DECIMALS:
        raise InvalidRecordError(f"{decimals} decimals are out of range - at `$.rawContract`")
    if units < 0:
        raise InvalidRecordError("a negative amount - at `$.rawContract.value`")
    if decimals == 0:
        return str(units)
    digits = str(units).rjust(decimals + 1, "0")
    fraction = digits[-decimals:].rstrip("0")
    return f"{digits[:-decimals]}.{fraction}" if fraction else digits[:-decimals]
