"""What a text names: tickers, hashtags, addresses, words; before anybody asks which token."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from producers.cleaning.links import LINK
from producers.cleaning.lookalikes import folded
from producers.registry.addresses import addresses_in
from producers.registry.cashtags import cashtags_in, hashtags_in, ticker_of
from producers.registry.chains import chains_named
from producers.registry.names import words_of

#: Accounts and mail addresses: who is spoken to, not what is spoken of.
_HANDLE = re.compile(r"(?<![\w.+-])[\w.+-]*+@[\w.@-]+")
#: Links to the page of a token, and to where it is swapped. Others lead to pools and to people.
_TOKEN_LINK = re.compile(
    r"(?i)(?:/tokens?/(?:[a-z0-9_-]+/)?|/coins?/|//(?:www\.)?pump\.fun/"
    r"|[?&](?:outputCurrency|inputCurrency|outputMint|inputMint|outputToken|token|tokenAddress"
    r"|address|ca)=)$"
)


@dataclass(frozen=True, slots=True)
class Naming:
    """``cashtags`` are upper case, ``hashtags`` and ``words`` case-folded.

    ``linked`` are addresses in links that may as well be pools or people.
    """

    cashtags: tuple[str, ...]
    hashtags: tuple[str, ...]
    addresses: tuple[str, ...]
    linked: tuple[str, ...]
    chains: tuple[str, ...]
    words: tuple[str, ...]


def naming_of(
    text: str,
    cashtags: Sequence[str] = (),
    contracts: Sequence[str] = (),
    urls: Sequence[str] = (),
) -> Naming:
    """What a text names, together with what the feed says it does; each once, in order."""
    plain = folded(text)
    links = [*LINK.findall(plain), *urls]
    prose = LINK.sub(" ", plain)
    addresses = dict.fromkeys(address for said in contracts for address in addresses_in(said))
    addresses |= dict.fromkeys(addresses_in(prose))
    linked: dict[str, None] = {}
    for link in links:
        for address in addresses_in(link):
            (addresses if _is_of_token(link, address) else linked)[address] = None
    said = (ticker for tag in cashtags if (ticker := ticker_of(tag)))
    return Naming(
        cashtags=tuple(dict.fromkeys([*said, *cashtags_in(prose)])),
        hashtags=tuple(hashtags_in(prose)),
        addresses=tuple(addresses),
        linked=tuple(address for address in linked if address not in addresses),
        chains=tuple(chains_named(" ".join([prose, *links]))),
        words=tuple(words_of(_HANDLE.sub(" ", prose))),
    )


def _is_of_token(link: str, address: str) -> bool:
    start = link.lower().find(address.lower())
    return _TOKEN_LINK.search(link[:start]) is not None
