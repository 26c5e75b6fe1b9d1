"""Etherscan: past transfers of watched tokens, and what is known of their contracts."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import AsyncIterator, Iterable
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta, Struct

from memewatch.settings import Settings
from producers.live.base import (
    Alive,
    CaughtUp,
    Heard,
    Payload,
    PolledSource,
    Rejected,
    Surroundings,
)
from producers.live.etherscan_api import CHAIN_IDS, EtherscanApi, NodeRefusalError, NotIncludedError
from producers.live.evm import abi
from producers.live.evm.bodies import (
    Address,
    ChainName,
    Hash,
    Hexadecimal,
    Log,
    Milliseconds,
    Number,
)
from producers.live.evm.decoding import log_id, transfer_of
from producers.live.evm.source import confirmations
from producers.live.http import HttpClient, UnreadableAnswerError
from producers.registry import RegisteredToken, normal_address
from schemas.codec import encode
from schemas.events import Event, Holder, Profile, TokenName, Transfer
from schemas.times import EARLIEST_MS, LATEST_MS, rfc3339
from schemas.topics import TRANSFERS

_log = logging.getLogger(__name__)

TRANSFER_LOGS = "transfers"
PROFILE = "profile"
#: The largest page, and how many pages of one question there are.
_PAGE = 1_000
_PAGES = 10
_HOLDERS = 100
_DAY_S = 86_400
#: How often the source says that it is alive while it waits for its next round.
_SIGN_OF_LIFE_S = 10.0


class _Coin(Struct, frozen=True):
    """A watched token, with its decimals."""

    chain: ChainName
    address: Address
    token: TokenName
    symbol: TokenName
    decimals: Annotated[int, Meta(ge=0, le=255)]

    @property
    def key(self) -> str:
        return f"{self.chain}:{self.address}"


class _Cursor(Struct, omit_defaults=True):
    """By ``chain:address``: the next block to read, and when the profile was asked for (ms)."""

    blocks: dict[str, int] = {}
    profiles: dict[str, int] = {}


class _Transfers(Struct):
    """Logs as Etherscan has them; ``hashes`` are those of their blocks, by number."""

    coin: _Coin
    hashes: dict[str, Hash]
    logs: list[msgspec.Raw]


class _Profile(Struct):
    """``code``, ``creation`` and ``holders`` are Etherscan's answers; None: it would not say."""

    coin: _Coin
    asked_ms: Milliseconds
    code: Any
    creation: Any
    supply: Any
    holders: Any


class _EtherscanLog(Struct, rename="camel"):
    """``logIndex`` is ``0x`` for the first one; ``blockHash`` is not always there."""

    address: str
    topics: list[Hash]
    data: Hexadecimal
    block_number: Number
    time_stamp: Number
    log_index: Annotated[str, Meta(pattern="^0x[0-9a-f]{0,15}$")]
    transaction_hash: Hash
    block_hash: Hash | None = None


class Etherscan(PolledSource):
    """Reads transfers of final blocks, token by token, and now and then a token's profile.

    Ids and times of transfers are those of ``evm``, so where both run the later one is a repeat.
    What comes from here is some minutes old: it fills series and raises no alert.

    The cursor is JSON: ``{"blocks": {"chain:address": next block}, "profiles": {…: ms}}``.
    """

    name: ClassVar[str] = "etherscan"
    topics: ClassVar[frozenset[str]] = frozenset({TRANSFERS.name})
    #: One round asks some questions for every token, three in a second.
    silence_s: ClassVar[float | None] = 600.0

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        #: Decimals and ticker as the contract says, by ``chain:address``.
        self._known: dict[str, tuple[int, str | None]] = {}
        self._no_holders = False
        #: Chains that the key's plan leaves out.
        self._left_out: set[str] = set()

    @classmethod
    def off(cls, settings: Settings) -> str | None:
        if settings.etherscan_api_key is not None:
            return None
        return "set MEMEWATCH_ETHERSCAN_API_KEY"

    def pause_s(self) -> float:
        return self.settings.etherscan_poll_s

    async def follow(self, resume: str | None) -> AsyncIterator[Heard]:
        cursor = resume
        while True:
            async for heard in self.catch_up(cursor, self.clock.now_ms()):
                cursor = heard.cursor or cursor
                yield heard
            yield CaughtUp(cursor)
            until_ms = self.clock.now_ms() + round(self.pause_s() * 1000)
            # The promise that nothing older will come is worth as much as the last sign of life.
            while (left_s := (until_ms - self.clock.now_ms()) / 1000) > 0:
                await self.clock.sleep(min(left_s, _SIGN_OF_LIFE_S))
                yield Alive()

    async def catch_up(self, resume: str | None, until_ms: int) -> AsyncIterator[Heard]:
        cursor = msgspec.json.decode(resume, type=_Cursor) if resume else _Cursor()
        async with self._client() as client:
            api = self._api(client)
            for chain, tokens in self._tokens().items():
                try:
                    async for heard in self._chain(api, chain, tokens, cursor, until_ms):
                        yield heard
                except NotIncludedError as error:
                    self._leave_out(chain, error)

    async def history(self, begin_ms: int, end_ms: int, resume: str | None) -> AsyncIterator[Heard]:
        """Transfers only: a profile of the past cannot be had. The cursor is one of ``blocks``."""
        cursor = msgspec.json.decode(resume, type=_Cursor) if resume else _Cursor()
        async with self._client() as client:
            api = self._api(client)
            for chain, tokens in self._tokens().items():
                try:
                    last = await api.head(chain) - confirmations(self.settings, chain)
                    if end_ms < self.clock.now_ms():
                        until = await api.block_at(chain, (end_ms - 1) // 1000, "before")
                        last = min(last, until)
                    first = None
                    for token in tokens:
                        coin = await self._coin(api, token)
                        if coin.key not in cursor.blocks:
                            if first is None:
                                begin_s = -(-begin_ms // 1000)
                                first = await api.block_at(chain, begin_s, "after")
                            cursor.blocks[coin.key] = first
                        async for heard in self._transfers(api, coin, cursor, last):
                            yield heard
                except NotIncludedError as error:
                    self._leave_out(chain, error)

    def parse(self, payload: Payload) -> Iterable[Event | Rejected]:
        try:
            if payload.kind == TRANSFER_LOGS:
                return _read_transfers(msgspec.json.decode(payload.body, type=_Transfers))
            if payload.kind == PROFILE:
                return [_read_profile(msgspec.json.decode(payload.body, type=_Profile))]
            reason = f"unknown kind of payload {payload.kind!r}"
        except (msgspec.MsgspecError, ValueError, TypeError, LookupError, AttributeError) as error:
            reason = f"no {payload.kind} of Etherscan: {error}"
        return [Rejected(reason=reason, value=payload.body)]

    def _client(self) -> HttpClient:
        return HttpClient(self.clock, self.budget, key_setting="MEMEWATCH_ETHERSCAN_API_KEY")

    def _api(self, client: HttpClient) -> EtherscanApi:
        key = self.settings.etherscan_api_key
        secret = key.get_secret_value() if key else ""
        settings = self.settings
        return EtherscanApi(
            client, settings.etherscan_url, secret, settings.etherscan_calls_per_s, self.clock
        )

    def _tokens(self) -> dict[str, list[RegisteredToken]]:
        """Every watched token with an address, by chain."""
        tokens = {
            (token.chain, normal_address(token.address)): token
            for token in self.tokens.tokens
            if token.chain is not None and token.address is not None
        }
        for entry in self.watch_list.of("token"):
            if entry.chain is not None:
                key = (entry.chain, normal_address(entry.value))
                named = self.tokens.of_contract(entry.chain, key[1], entry.symbol)
                tokens.setdefault(key, named)
        chains: dict[str, list[RegisteredToken]] = {}
        for (chain, _), token in sorted(tokens.items()):
            if chain in CHAIN_IDS and chain not in self._left_out:
                chains.setdefault(chain, []).append(token)
        return chains

    def _leave_out(self, chain: str, error: NotIncludedError) -> None:
        self._left_out.add(chain)
        _log.warning("etherscan: %s is left out until the next start: %s", chain, error)

    async def _chain(
        self,
        api: EtherscanApi,
        chain: str,
        tokens: list[RegisteredToken],
        cursor: _Cursor,
        until_ms: int,
    ) -> AsyncIterator[Heard]:
        last = await api.head(chain) - confirmations(self.settings, chain)
        first = None
        for token in tokens:
            try:
                coin = await self._coin(api, token)
                if coin.key not in cursor.blocks:
                    if first is None:
                        first = await api.block_at(chain, until_ms // 1000 - _DAY_S, "after")
                    cursor.blocks[coin.key] = first
                async for heard in self._transfers(api, coin, cursor, last):
                    yield heard
                due_ms = cursor.profiles.get(coin.key, 0) + self._profile_ms()
                if self.clock.now_ms() >= due_ms:
                    yield await self._profile(api, coin, cursor)
            except UnreadableAnswerError as error:
                # The others shall not wait for one odd contract; it is asked again next time.
                _log.warning("etherscan: %s: %s", token.token, error)

    async def _coin(self, api: EtherscanApi, token: RegisteredToken) -> _Coin:
        chain, address = str(token.chain), normal_address(str(token.address))
        key = f"{chain}:{address}"
        if key not in self._known:
            decimals = abi.decimals(
                await self._call(api, chain, address, abi.DECIMALS), token.decimals
            )
            symbol = None
            if token.symbol == token.token.upper():
                # Nobody named it: as the chain source does, take the contract's own word.
                said = await self._call(api, chain, address, abi.SYMBOL)
                symbol = abi.text(said) if said else None
            self._known[key] = (decimals, symbol.upper() if symbol else None)
        decimals, symbol = self._known[key]
        return _Coin(chain, address, token.token, symbol or token.symbol, decimals)

    async def _call(self, api: EtherscanApi, chain: str, address: str, data: str) -> str | None:
        """What a contract answers; None when it refuses."""
        try:
            said = await api.ask(chain, "proxy", "eth_call", to=address, data=data, tag="latest")
        except NodeRefusalError:
            return None
        return said if isinstance(said, str) else None

    async def _transfers(
        self, api: EtherscanApi, coin: _Coin, cursor: _Cursor, last: int
    ) -> AsyncIterator[Heard]:
        """Page by page, cut at whole blocks."""
        while (first := cursor.blocks[coin.key]) <= last:
            logs = await self._page(api, coin, first, last, 1)
            reached = last
            if len(logs) >= _PAGE:
                # The page may end within a block: that one is asked for again.
                newest = int(logs[-1][0].block_number, 16)
                reached = newest - 1
                if reached >= first:
                    logs = [pair for pair in logs if int(pair[0].block_number, 16) < newest]
                else:
                    logs = await self._whole_block(api, coin, first)
                    reached = first
            hashes = await self._hashes(api, coin, [log for log, _ in logs])
            cursor.blocks[coin.key] = reached + 1
            text = msgspec.json.encode(cursor).decode()
            if not logs:
                yield Alive(text)
                continue
            body = _Transfers(coin, hashes, [raw for _, raw in logs])
            yield self._payload(TRANSFER_LOGS, body, text)

    async def _whole_block(
        self, api: EtherscanApi, coin: _Coin, number: int
    ) -> list[tuple[_EtherscanLog, msgspec.Raw]]:
        logs: list[tuple[_EtherscanLog, msgspec.Raw]] = []
        for page in range(1, _PAGES + 1):
            some = await self._page(api, coin, number, number, page)
            logs += some
            if len(some) < _PAGE:
                return logs
        _log.warning(
            "etherscan: block %d of %s has more than %d transfers of %s: the others are not told",
            number,
            coin.chain,
            len(logs),
            coin.token,
        )
        return logs

    async def _page(
        self, api: EtherscanApi, coin: _Coin, first: int, last: int, page: int
    ) -> list[tuple[_EtherscanLog, msgspec.Raw]]:
        found = await api.ask(
            coin.chain,
            "logs",
            "getLogs",
            address=coin.address,
            topic0=abi.TRANSFER,
            fromBlock=first,
            toBlock=last,
            page=page,
            offset=_PAGE,
        )
        body = msgspec.json.encode(found)
        try:
            raws = msgspec.json.decode(body, type=list[msgspec.Raw])
            return [(msgspec.json.decode(raw, type=_EtherscanLog), raw) for raw in raws]
        except msgspec.MsgspecError as error:
            raise UnreadableAnswerError(f"no logs: {error}", body) from None

    async def _hashes(
        self, api: EtherscanApi, coin: _Coin, logs: list[_EtherscanLog]
    ) -> dict[str, str]:
        """The hashes of the logs' blocks; where the logs leave them out they are asked for."""
        numbers = {int(log.block_number, 16): log.block_hash for log in logs}
        if all(numbers.values()):
            return {}
        found = await api.ask(
            coin.chain,
            "account",
            "tokentx",
            contractaddress=coin.address,
            startblock=min(numbers),
            endblock=max(numbers),
            page=1,
            offset=_PAGE,
            sort="asc",
        )
        for row in found:
            number = int(row["blockNumber"])
            if number in numbers:
                numbers[number] = str(row["blockHash"])
        for number, known in numbers.items():
            if known is None:
                block = await api.ask(
                    coin.chain, "proxy", "eth_getBlockByNumber", tag=hex(number), boolean="false"
                )
                numbers[number] = str(block["hash"])
        return {str(number): str(block_hash) for number, block_hash in numbers.items()}

    async def _profile(self, api: EtherscanApi, coin: _Coin, cursor: _Cursor) -> Payload:
        asked_ms = self.clock.now_ms()
        chain, address = coin.chain, coin.address
        body = _Profile(
            coin,
            asked_ms,
            await api.ask(chain, "contract", "getsourcecode", address=address),
            await api.ask(chain, "contract", "getcontractcreation", contractaddresses=address),
            await api.ask(chain, "stats", "tokensupply", contractaddress=address),
            await self._holders(api, coin),
        )
        cursor.profiles[coin.key] = asked_ms
        return self._payload(PROFILE, body, msgspec.json.encode(cursor).decode())

    async def _holders(self, api: EtherscanApi, coin: _Coin) -> Any:
        """None where the key's plan does not include them, as the free one does not."""
        if self._no_holders:
            return None
        try:
            return await api.ask(
                coin.chain,
                "token",
                "tokenholderlist",
                contractaddress=coin.address,
                page=1,
                offset=_PAGE,
            )
        except NotIncludedError as error:
            _log.info("etherscan: profiles come without holders: %s", error)
            self._no_holders = True
            return None

    def _profile_ms(self) -> int:
        return round(self.settings.etherscan_profile_hours * 3_600_000)

    def _payload(self, kind: str, body: Struct, cursor: str) -> Payload:
        return Payload(
            body=msgspec.json.encode(body),
            cursor=cursor,
            kind=kind,
            received_ms=self.clock.now_ms(),
        )


def _read_transfers(body: _Transfers) -> list[Event | Rejected]:
    events: list[Event | Rejected] = []
    for raw in body.logs:
        try:
            events.append(_read_transfer(body, msgspec.json.decode(raw, type=_EtherscanLog)))
        except (msgspec.MsgspecError, ValueError, KeyError) as error:
            reason = f"no transfer of {body.coin.token}: {error}"
            events.append(Rejected(reason=reason, value=bytes(raw)))
    return events


def _read_transfer(body: _Transfers, log: _EtherscanLog) -> Transfer:
    coin = body.coin
    number = int(log.block_number, 16)
    block_hash = (log.block_hash or body.hashes[str(number)]).lower()
    transaction = log.transaction_hash.lower()
    index = _number(log.log_index)
    sender, receiver, amount = transfer_of(
        Log(log.address, log.topics, log.data, log.block_number, block_hash, transaction, "")
    )
    return Transfer(
        id=log_id(coin.chain, block_hash, transaction, index),
        token=coin.token,
        symbol=coin.symbol,
        event_time=_moment(int(log.time_stamp, 16)),
        source=Etherscan.name,
        chain=coin.chain,
        contract=coin.address,
        transaction=transaction,
        log_index=index,
        from_address=sender,
        to_address=receiver,
        amount=abi.whole(amount, coin.decimals),
        block_number=number,
        block_hash=block_hash,
    )


def _read_profile(body: _Profile) -> Profile:
    coin = body.coin
    code = body.code[0] if body.code else {}
    creation = body.creation[0] if body.creation else {}
    created_s = _whole_number(creation.get("timestamp"))
    holders = [
        (amount, str(row["TokenHolderAddress"]).lower())
        for row in body.holders or ()
        if (amount := _whole_number(row["TokenHolderQuantity"])) is not None
    ]
    holders.sort(key=lambda holder: (-holder[0], holder[1]))
    supply = _whole_number(body.supply)
    profile = Profile(
        id="-",
        token=coin.token,
        symbol=coin.symbol,
        event_time=rfc3339(body.asked_ms),
        source=Etherscan.name,
        chain=coin.chain,
        contract=coin.address,
        creator=_text(creation.get("contractCreator")),
        creation_transaction=_text(creation.get("txHash")),
        created_at=None if created_s is None else _moment(created_s),
        source_verified=bool(code.get("SourceCode")) if code else None,
        total_supply=None if supply is None else abi.whole(supply, coin.decimals),
        holders=[
            Holder(address=address, amount=abi.whole(amount, coin.decimals))
            for amount, address in holders[:_HOLDERS]
        ],
    )
    # Etherscan has no id for it: what is known is one profile, whoever asks and how often.
    known = encode(msgspec.structs.replace(profile, event_time="-"))
    digest = hashlib.sha256(known).hexdigest()[:32]
    return msgspec.structs.replace(profile, id=f"{coin.key}:profile:{digest}")


def _moment(seconds: int) -> str:
    """Raises ``ValueError`` outside the years that events may have."""
    if not EARLIEST_MS <= seconds * 1000 < LATEST_MS:
        raise ValueError(f"{seconds} is no time of a chain")
    return rfc3339(seconds * 1000)


def _number(text: str) -> int:
    """A hexadecimal number; Etherscan writes zero as ``0x``."""
    return 0 if text == "0x" else int(text, 16)


def _whole_number(value: Any) -> int | None:
    """A count of smallest units as Etherscan writes it, now and then with a decimal point."""
    try:
        number = Decimal(str(value))
        return int(number) if number >= 0 and number.is_finite() else None
    except InvalidOperation:
        return None


def _text(value: Any) -> str | None:
    return str(value).lower() if value else None
