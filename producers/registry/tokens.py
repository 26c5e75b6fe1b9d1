"""The registry of tokens: chain and contract address are the identity, a ticker is ambiguous."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from producers.registry.names import names_of


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredToken:
    """One token. Without chain and address it is an asset of venues, and ``token`` its ticker.

    ``decimals`` is None where nobody said; ``name`` is what people call it.
    """

    token: str
    symbol: str
    name: str | None = None
    chain: str | None = None
    address: str | None = None
    decimals: int | None = None


class TokenRegistry:
    """Every token known by name. Unknown ones are their ticker (``token`` equals ``symbol``)."""

    def __init__(self, tokens: Iterable[RegisteredToken] = ()) -> None:
        self.replace(tokens)

    @property
    def tokens(self) -> tuple[RegisteredToken, ...]:
        """All tokens, in the order they were given."""
        return self._tokens

    def replace(self, tokens: Iterable[RegisteredToken]) -> None:
        """Know these tokens from now on; of two with one identity the later counts."""
        by_token = {token.token: token for token in tokens}
        self._tokens = tuple(by_token.values())
        self._by_address: dict[str, list[RegisteredToken]] = defaultdict(list)
        self._by_symbol: dict[str, list[RegisteredToken]] = defaultdict(list)
        self._by_name: dict[str, list[RegisteredToken]] = defaultdict(list)
        lengths: dict[str, set[int]] = defaultdict(set)
        self._by_hashtag: dict[str, list[RegisteredToken]] = defaultdict(list)
        for token in self._tokens:
            self._by_symbol[token.symbol.upper()].append(token)
            if token.address is not None:
                self._by_address[normal_address(token.address)].append(token)
            spoken, hashtags = names_of(token.symbol, token.name)
            for name in spoken:
                self._by_name[name].append(token)
                lengths[name.partition(" ")[0]].add(name.count(" ") + 1)
            for hashtag in hashtags:
                self._by_hashtag[hashtag].append(token)
        #: By its first word, how many words a name may have, the most first.
        self._lengths = {word: sorted(found, reverse=True) for word, found in lengths.items()}

    def by_address(self, address: str, chain: str | None = None) -> list[RegisteredToken]:
        """Tokens at a contract address, on any chain unless one is named."""
        found = self._by_address.get(normal_address(address), [])
        return [token for token in found if chain is None or token.chain == chain]

    def by_symbol(self, symbol: str) -> list[RegisteredToken]:
        """Tokens with a ticker, whatever its case."""
        return list(self._by_symbol.get(symbol.upper(), ()))

    def named_at(self, words: Sequence[str], position: int) -> tuple[list[RegisteredToken], int]:
        """Tokens whose name begins at a position of ``names.words_of`` a text, the longest name of
        all, and its length in words; none and 0 when no name does."""
        for length in self._lengths.get(words[position], ()):
            if found := self._by_name.get(" ".join(words[position : position + length])):
                return list(found), length
        return [], 0

    def by_hashtag(self, hashtag: str) -> list[RegisteredToken]:
        """Tokens of this hashtag, case-folded and without ``#``."""
        return list(self._by_hashtag.get(hashtag, ()))

    def of_asset(self, symbol: str) -> RegisteredToken:
        """The token a venue means by a base asset: the registered one if it is the only one."""
        symbol = symbol.upper()
        found = self._by_symbol.get(symbol, [])
        return found[0] if len(found) == 1 else RegisteredToken(token=symbol, symbol=symbol)

    def of_contract(self, chain: str, address: str, symbol: str | None = None) -> RegisteredToken:
        """The token at an address, registered or not."""
        if found := self.by_address(address, chain):
            return found[0]
        token = token_id(chain, address)
        return RegisteredToken(
            token=token, symbol=(symbol or token).upper()[:256], chain=chain, address=address
        )


def token_id(chain: str, address: str) -> str:
    """The identity of a token on a chain: ``ethereum:0x6982…``."""
    return f"{chain}:{normal_address(address)}"


def normal_address(address: str) -> str:
    """One spelling for one address: hexadecimal ones are compared without regard to case."""
    return address.lower() if address[:2] in ("0x", "0X") else address
