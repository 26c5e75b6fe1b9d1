"""The tokens known from the start, and with them those an operator watches."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files

from producers.registry.addresses import is_evm_address, is_solana_address
from producers.registry.cashtags import ticker_of
from producers.registry.chains import ETHEREUM, SOLANA
from producers.registry.tokens import RegisteredToken, TokenRegistry, token_id
from schemas.watch import WatchEntry


def registry_of(entries: Iterable[WatchEntry]) -> TokenRegistry:
    """The seed and the watch list's tokens; what an entry leaves out, the seed says.

    A ticker without a chain means the token of that ticker in the seed, if one is there. Of two
    entries for one token the later counts.
    """
    return TokenRegistry(tokens_of(entries))


def tokens_of(entries: Iterable[WatchEntry]) -> list[RegisteredToken]:
    """The tokens of ``registry_of``, for a registry that is there already to ``replace`` its own.

    Those of the seed come first, in its order, then those of the watch list.
    """
    tokens = {token.token: token for token in seed()}
    by_symbol = {token.symbol: token for token in seed()}
    for entry in entries:
        if entry.kind == "token":
            token = _of_entry(entry, tokens, by_symbol)
            tokens[token.token] = token
    return list(tokens.values())


@lru_cache(maxsize=1)
def seed() -> tuple[RegisteredToken, ...]:
    """The meme coins of ``tokens.toml``."""
    text = files(__package__).joinpath("tokens.toml").read_text(encoding="utf-8")
    return tuple(
        RegisteredToken(
            token=token_id(fields["chain"], fields["address"])
            if "address" in fields
            else fields["symbol"],
            **fields,
        )
        for fields in tomllib.loads(text)["tokens"]
    )


def _of_entry(
    entry: WatchEntry, tokens: dict[str, RegisteredToken], by_symbol: dict[str, RegisteredToken]
) -> RegisteredToken:
    chain = entry.chain or _chain_of(entry.value)
    if chain is None:
        ticker = ticker_of(entry.value) or entry.value.upper()[:256]
        known = by_symbol.get(ticker) or tokens.get(ticker)
        known = known or RegisteredToken(token=ticker, symbol=ticker)
    else:
        token = token_id(chain, entry.value)
        known = tokens.get(token) or RegisteredToken(
            token=token, symbol=token.upper()[:256], chain=chain, address=entry.value
        )
    return replace(
        known,
        symbol=entry.symbol.upper()[:256] if entry.symbol else known.symbol,
        name=entry.name or known.name,
        decimals=known.decimals if entry.decimals is None else entry.decimals,
    )


def _chain_of(value: str) -> str | None:
    """An address without its chain is taken for one of the chain most have."""
    if is_evm_address(value):
        return ETHEREUM
    return SOLANA if is_solana_address(value) else None
