"""From what a text names to the tokens it means, and how surely."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from msgspec import Struct

from producers.registry.addresses import is_evm_address
from producers.registry.cashtags import is_certain, is_payment
from producers.registry.chains import ETHEREUM, SOLANA
from producers.registry.names import is_common
from producers.registry.naming import Naming, naming_of
from producers.registry.tokens import RegisteredToken, TokenRegistry

#: A post that names more tokens is a list; these are kept, and each but an address counts less.
MOST_MENTIONS = 8

BY_ADDRESS = 1.0
#: An EVM address exists on every EVM chain, and nobody said on which one.
BY_ADDRESS_ALONE = 0.5
BY_CASHTAG = 0.9
BY_UNKNOWN_CASHTAG = 0.5
BY_NAME = 0.6
#: ``#goat`` and ``#trump`` are mostly said of something else.
BY_COMMON_HASHTAG = 0.3
#: Of several tokens of one ticker those that get less than this are not meant.
LEAST_SHARE = 0.2
#: A token whose chain the text names is that much likelier than another of its ticker.
_CHAIN_COUNTS = 4.0


class Mention(Struct, frozen=True):
    """One token a text means. ``confidence`` is 0..1."""

    token: str
    symbol: str
    confidence: float


def resolve(
    registry: TokenRegistry, text: str, cashtags: Sequence[str] = (), contracts: Sequence[str] = ()
) -> list[Mention]:
    """The tokens a cleaned text means, surest first, those of equal confidence by token."""
    return mentions_of(registry, naming_of(text, cashtags, contracts))


def mentions_of(registry: TokenRegistry, naming: Naming) -> list[Mention]:
    """As ``resolve``, of what was read from the text already.

    * An address is its token: 1.0. Unregistered ones in base58 are on Solana, hexadecimal ones on
      the chain the text names (1.0), else on Ethereum (0.5). An address in a link counts when it
      is registered or the link is a token's page. One unknown address beside one unknown ticker:
      the ticker is the address's symbol.
    * A ticker: 0.9 when one token has it. Several share the 0.9, a token on a chain the text names
      taking four parts and any other one; shares below 0.2 are dropped. When all are, or no token
      has the ticker, the ticker itself is the token: 0.5.
    * A name or a hashtag of a registered token: 0.6, shared likewise; 0.3 for a hashtag that is a
      common word.

    What is named in two ways is one mention, by the surer one. What could mean several tokens of
    which one is named for certain (by its address, its own name) means that one. At most 8 are
    kept; of a list of more, tickers and names count 8 / length of what they would.
    """
    claims = _claims(registry, naming)
    certain = {claim.tokens[0].token for claim in claims if len(claim.tokens) == 1}
    found: dict[str, Mention] = {}
    for claim in claims:
        tokens = [token for token in claim.tokens if token.token in certain] or claim.tokens
        shared = _shared(tokens, naming.chains, claim.confidence)
        if not shared and claim.ticker is not None and is_certain(claim.ticker):
            shared = [Mention(claim.ticker, claim.ticker, BY_UNKNOWN_CASHTAG)]
        for mention in shared:
            known = found.get(mention.token)
            if known is None or known.confidence < mention.confidence:
                found[mention.token] = mention
    return _few(list(found.values()))


class _Claim(NamedTuple):
    """Something said that means one of these tokens; ``ticker`` is the token if none is meant."""

    tokens: Sequence[RegisteredToken]
    confidence: float
    ticker: str | None = None


def _claims(registry: TokenRegistry, naming: Naming) -> list[_Claim]:
    claims = [
        _Claim(tokens, BY_ADDRESS)
        for address in (*naming.addresses, *naming.linked)
        if (tokens := registry.by_address(address))
    ]
    unknown = [address for address in naming.addresses if not registry.by_address(address)]
    symbol = _symbol_of_unknown(registry, naming) if len(unknown) == 1 else None
    for address in unknown:
        chain, confidence = _chain_of(address, naming.chains)
        claims.append(_Claim([registry.of_contract(chain, address, symbol)], confidence))
    claims += [
        _Claim(registry.by_symbol(ticker), BY_CASHTAG, ticker)
        for ticker in naming.cashtags
        if ticker != symbol
    ]
    return [*claims, *_by_names(registry, naming)]


def _symbol_of_unknown(registry: TokenRegistry, naming: Naming) -> str | None:
    """The one ticker of a text that nobody registered and that is no coin one pays with."""
    tickers = [
        ticker
        for ticker in naming.cashtags
        if is_certain(ticker) and not is_payment(ticker) and not registry.by_symbol(ticker)
    ]
    return tickers[0] if len(tickers) == 1 else None


def _few(mentions: list[Mention]) -> list[Mention]:
    if len(mentions) > MOST_MENTIONS:
        less = MOST_MENTIONS / len(mentions)
        mentions = [
            mention
            if mention.confidence >= BY_ADDRESS
            else Mention(mention.token, mention.symbol, mention.confidence * less)
            for mention in mentions
        ]
        # Of equals, those the text names first.
        mentions.sort(key=lambda mention: -mention.confidence)
    return sorted(
        mentions[:MOST_MENTIONS], key=lambda mention: (-mention.confidence, mention.token)
    )


def _chain_of(address: str, chains: Sequence[str]) -> tuple[str, float]:
    if not is_evm_address(address):
        return SOLANA, BY_ADDRESS
    possible = [chain for chain in chains if chain != SOLANA]
    if not possible:
        return ETHEREUM, BY_ADDRESS_ALONE
    return possible[0], BY_ADDRESS if len(possible) == 1 else BY_ADDRESS_ALONE


def _by_names(registry: TokenRegistry, naming: Naming) -> Iterator[_Claim]:
    for hashtag in naming.hashtags:
        if tokens := registry.by_hashtag(hashtag):
            yield _Claim(tokens, BY_COMMON_HASHTAG if is_common([hashtag]) else BY_NAME)
    position = 0
    while position < len(naming.words):
        # The longest name wins: in "baby doge coin" nobody speaks of doge.
        tokens, length = registry.named_at(naming.words, position)
        if tokens:
            yield _Claim(tokens, BY_NAME)
        position += max(length, 1)


def _shared(
    tokens: Sequence[RegisteredToken], chains: Sequence[str], confidence: float
) -> list[Mention]:
    weights = [_CHAIN_COUNTS if token.chain in chains else 1.0 for token in tokens]
    total = sum(weights)
    mentions = []
    for token, weight in zip(tokens, weights, strict=True):
        share = confidence * weight / total
        if len(tokens) == 1 or share >= LEAST_SHARE:
            mentions.append(Mention(token.token, token.symbol, share))
    return mentions
