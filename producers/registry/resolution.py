"""From what a text names to the tokens it means, and how surely."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from producers.registry.addresses import is_evm_address
from producers.registry.cashtags import is_certain
from producers.registry.chains import ETHEREUM, SOLANA
from producers.registry.names import is_common
from producers.registry.naming import Naming, naming_of
from producers.registry.tokens import RegisteredToken, TokenRegistry, token_id

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

    What is named in two ways is one mention, by the surer one; a ticker or name of which one token
    was already named by its address means that one. At most 8 are kept; of a list of more, tickers
    and names count 8 / length of what they would.
    """
    found = _Found()
    for mention in _by_addresses(registry, naming):
        found.add(mention)
    for ticker in naming.cashtags:
        tokens = registry.by_symbol(ticker)
        if found.has_symbol(ticker, tokens):
            continue
        shared = _shared(tokens, naming.chains, BY_CASHTAG)
        if not shared and is_certain(ticker):
            shared = [Mention(ticker, ticker, BY_UNKNOWN_CASHTAG)]
        for mention in shared:
            found.add(mention)
    for tokens, confidence in _by_names(registry, naming):
        if not found.has_any(tokens):
            for mention in _shared(tokens, naming.chains, confidence):
                found.add(mention)
    return found.mentions()


class _Found:
    def __init__(self) -> None:
        self._by_token: dict[str, Mention] = {}
        self._symbols_of_addresses: set[str] = set()

    def add(self, mention: Mention) -> None:
        known = self._by_token.get(mention.token)
        if known is None or known.confidence < mention.confidence:
            self._by_token[mention.token] = mention

    def has_any(self, tokens: Iterable[RegisteredToken]) -> bool:
        return any(token.token in self._by_token for token in tokens)

    def has_symbol(self, ticker: str, tokens: Iterable[RegisteredToken]) -> bool:
        return self.has_any(tokens) or any(
            mention.symbol == ticker for mention in self._by_token.values()
        )

    def mentions(self) -> list[Mention]:
        found = list(self._by_token.values())
        if len(found) > MOST_MENTIONS:
            less = MOST_MENTIONS / len(found)
            found = [
                mention
                if mention.confidence >= BY_ADDRESS
                else Mention(mention.token, mention.symbol, mention.confidence * less)
                for mention in found
            ]
            # Of equals, those the text names first.
            found.sort(key=lambda mention: -mention.confidence)
        return sorted(
            found[:MOST_MENTIONS], key=lambda mention: (-mention.confidence, mention.token)
        )


def _by_addresses(registry: TokenRegistry, naming: Naming) -> Iterator[Mention]:
    unknown = []
    for address in (*naming.addresses, *naming.linked):
        if tokens := registry.by_address(address):
            yield from _shared(tokens, naming.chains, BY_ADDRESS)
        elif address in naming.addresses:
            unknown.append(address)
    tickers = [
        ticker
        for ticker in naming.cashtags
        if is_certain(ticker) and not registry.by_symbol(ticker)
    ]
    symbol = tickers[0] if len(unknown) == len(tickers) == 1 else None
    for address in unknown:
        chain, confidence = _chain_of(address, naming.chains)
        token = token_id(chain, address)
        yield Mention(token, symbol or token.upper(), confidence)


def _chain_of(address: str, chains: Sequence[str]) -> tuple[str, float]:
    if not is_evm_address(address):
        return SOLANA, BY_ADDRESS
    possible = [chain for chain in chains if chain != SOLANA]
    if not possible:
        return ETHEREUM, BY_ADDRESS_ALONE
    return possible[0], BY_ADDRESS if len(possible) == 1 else BY_ADDRESS_ALONE


def _by_names(
    registry: TokenRegistry, naming: Naming
) -> Iterator[tuple[list[RegisteredToken], float]]:
    for hashtag in naming.hashtags:
        if tokens := registry.by_hashtag(hashtag):
            yield tokens, BY_COMMON_HASHTAG if is_common([hashtag]) else BY_NAME
    position = 0
    while position < len(naming.words):
        # The longest name wins: in "baby doge coin" nobody speaks of doge.
        tokens, length = registry.named_at(naming.words, position)
        if tokens:
            yield tokens, BY_NAME
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
