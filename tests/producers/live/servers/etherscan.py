"""Etherscan's API v2, as much of it as the source asks, with its peculiar ways to say no."""

from __future__ import annotations

import time
from typing import Any

from aiohttp import web

from schemas.watch import WatchEntry
from tests.producers.live.servers.site import Site

KEY = "etherscan-secret-key"
CHAIN = "ethereum"
TOKEN = "0x" + "70" * 20
_TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
_DECIMALS = "0x313ce567"
_BLOCK_S = 12


class EtherscanServer(Site):
    """``async with`` it; ``feed`` adds transfers of ``TOKEN``, ``take`` those of a real node.

    ``pro`` keys may ask for holders. Where ``hashes`` is False, logs come without ``blockHash``.
    """

    def __init__(self, *, pro: bool = False, hashes: bool = True) -> None:
        super().__init__()
        self.pro = pro
        self.hashes = hashes
        self.decimals = 18
        self.symbol = "MEME"
        self.source_code = "contract MemeCoin {}"
        self.holders: list[tuple[str, int]] = [("0x" + "aa" * 20, 5), ("0x" + "bb" * 20, 10**21)]
        #: Hash and Unix time by number.
        self.blocks: dict[int, tuple[str, int]] = {}
        self.logs: list[dict[str, Any]] = []
        #: ``result`` of refusals to come, one for each question.
        self.refusals: list[str] = []
        #: ``module/action`` in the order they were asked.
        self.asked: list[str] = []
        self._grow(5, int(time.time()) - 5 * _BLOCK_S)

    def settings(self, **overrides: Any) -> dict[str, Any]:
        """What points the source here."""
        return {
            "etherscan_url": f"{self.url}/v2/api",
            "etherscan_api_key": KEY,
            "etherscan_calls_per_s": 1_000.0,
            "etherscan_poll_s": 0.1,
            "evm_confirmations": 2,
            **overrides,
        }

    @property
    def entries(self) -> list[WatchEntry]:
        """What an operator watches here."""
        return [WatchEntry(kind="token", chain=CHAIN, value=TOKEN, symbol="MEME")]

    def feed(self, count: int = 1, *, one_block: bool = False) -> None:
        """So many transfers, each in a block of its own, that are final at once."""
        for place in range(count):
            if not (one_block and place):
                self._grow(1)
            number = max(self.blocks)
            index = place if one_block else 0
            self.logs.append(
                {
                    "address": TOKEN,
                    "topics": [_TRANSFER, "0x" + "0" * 24 + "aa" * 20, "0x" + "0" * 24 + "bb" * 20],
                    "data": f"0x{10**18 + len(self.logs):064x}",
                    "blockNumber": hex(number),
                    "blockHash": self.blocks[number][0],
                    "transactionHash": f"0x{number:032x}{index:032x}",
                    "logIndex": hex(index),
                }
            )
        self._grow(2)

    def add(self, count: int, now_ms: int) -> None:
        """As ``feed``; the blocks have times of their own."""
        del now_ms
        self.feed(count)

    def take(self, logs: list[dict[str, Any]], blocks: dict[int, tuple[str, int]]) -> None:
        """Hold exactly what a node told."""
        self.logs, self.blocks = list(logs), dict(blocks)

    def _grow(self, count: int, time_s: int | None = None) -> None:
        for _ in range(count):
            number = max(self.blocks, default=0) + 1
            before = self.blocks[number - 1][1] if self.blocks else time_s or 0
            self.blocks[number] = (f"0x{number:064x}", before + _BLOCK_S)

    async def respond(self, request: web.Request) -> web.StreamResponse:
        query = dict(request.query)
        if request.path != "/v2/api":
            return web.Response(status=404)
        self.asked.append(f"{query.get('module')}/{query.get('action')}")
        if self.refusals:
            return _no(self.refusals.pop(0))
        if query.get("apikey") != KEY:
            return _no("Invalid API Key (#err2)|ABC-")
        if query.get("chainid") != "1":
            return _no(
                "Free API access is not supported for this chain. Please upgrade your api plan"
            )
        answer = getattr(self, f"_{query['module']}_{query['action']}".lower(), None)
        if answer is None:
            return _no("Error! Missing Or invalid Action name")
        return answer(query)  # type: ignore[no-any-return]

    def _logs_getlogs(self, query: dict[str, str]) -> web.Response:
        rows = [
            self._row(log)
            for log in self._found(query["address"], query["fromBlock"], query["toBlock"])
            if log["topics"][0] == query["topic0"]
        ]
        page = _page(rows, query)
        return _yes(page) if page else _nothing("No records found")

    def _row(self, log: dict[str, Any]) -> dict[str, Any]:
        number = int(log["blockNumber"], 16)
        index = int(log["logIndex"], 16)
        row = {
            "address": log["address"],
            "topics": log["topics"],
            "data": log["data"],
            "blockNumber": log["blockNumber"],
            "blockHash": log["blockHash"],
            "timeStamp": hex(self.blocks[number][1]),
            "gasPrice": "0x2e90edd000",
            "gasUsed": "0x247205",
            "logIndex": hex(index) if index else "0x",
            "transactionHash": log["transactionHash"],
            "transactionIndex": "0x",
        }
        if not self.hashes:
            del row["blockHash"]
        return row

    def _account_tokentx(self, query: dict[str, str]) -> web.Response:
        found = self._found(query["contractaddress"], query["startblock"], query["endblock"])
        rows = [
            {
                "blockNumber": str(int(log["blockNumber"], 16)),
                "timeStamp": str(self.blocks[int(log["blockNumber"], 16)][1]),
                "hash": log["transactionHash"],
                "blockHash": log["blockHash"],
                "contractAddress": log["address"],
                "tokenDecimal": str(self.decimals),
            }
            for log in found
        ]
        page = _page(rows, query)
        return _yes(page) if page else _nothing("No transactions found")

    def _block_getblocknobytime(self, query: dict[str, str]) -> web.Response:
        moment = int(query["timestamp"])
        if query["closest"] == "before":
            numbers = [n for n, (_, at) in self.blocks.items() if at <= moment]
            found = max(numbers, default=None)
        else:
            numbers = [n for n, (_, at) in self.blocks.items() if at >= moment]
            found = min(numbers, default=None)
        return _no("Error! No closest block found") if found is None else _yes(str(found))

    def _proxy_eth_blocknumber(self, query: dict[str, str]) -> web.Response:
        return _node(hex(max(self.blocks)))

    def _proxy_eth_call(self, query: dict[str, str]) -> web.Response:
        if query["data"] == _DECIMALS:
            return _node(f"0x{self.decimals:064x}")
        return _node(f"0x{32:064x}{len(self.symbol):064x}{self.symbol.encode().hex():0<64}")

    def _proxy_eth_getblockbynumber(self, query: dict[str, str]) -> web.Response:
        return _node({"number": query["tag"], "hash": self.blocks[int(query["tag"], 16)][0]})

    def _contract_getsourcecode(self, query: dict[str, str]) -> web.Response:
        verified = bool(self.source_code)
        abi = "[]" if verified else "Contract source code not verified"
        row = {"SourceCode": self.source_code, "ABI": abi, "ContractName": "MemeCoin", "Proxy": "0"}
        return _yes([row])

    def _contract_getcontractcreation(self, query: dict[str, str]) -> web.Response:
        return _yes(
            [
                {
                    "contractAddress": query["contractaddresses"],
                    "contractCreator": "0x" + "CC" * 20,
                    "txHash": "0x" + "dd" * 32,
                    "blockNumber": "1",
                    "timestamp": "1700000000",
                    "contractFactory": "",
                }
            ]
        )

    def _stats_tokensupply(self, query: dict[str, str]) -> web.Response:
        return _yes(str(10**27))

    def _token_tokenholderlist(self, query: dict[str, str]) -> web.Response:
        if not self.pro:
            return _no(
                "Sorry, it looks like you are trying to access an API Pro endpoint. "
                "Contact us to upgrade to API Pro."
            )
        return _yes(
            [
                {"TokenHolderAddress": address, "TokenHolderQuantity": str(amount)}
                for address, amount in self.holders
            ]
        )

    def _found(self, address: str, first: str, last: str) -> list[dict[str, Any]]:
        return [
            log
            for log in self.logs
            if log["address"].lower() == address.lower()
            and int(first) <= int(log["blockNumber"], 16) <= int(last)
        ]


def _page(rows: list[dict[str, Any]], query: dict[str, str]) -> list[dict[str, Any]]:
    page, size = int(query["page"]), min(int(query["offset"]), 1_000)
    return rows[(page - 1) * size : page * size]


def _yes(result: Any) -> web.Response:
    return web.json_response({"status": "1", "message": "OK", "result": result})


def _no(why: str) -> web.Response:
    return web.json_response({"status": "0", "message": "NOTOK", "result": why})


def _nothing(message: str) -> web.Response:
    return web.json_response({"status": "0", "message": message, "result": []})


def _node(result: Any) -> web.Response:
    return web.json_response({"jsonrpc": "2.0", "id": 1, "result": result})
