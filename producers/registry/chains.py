"""Which chain a text speaks of, so that an address without one finds it."""

from __future__ import annotations

import re

ETHEREUM = "ethereum"
SOLANA = "solana"

#: Words that mean a chain wherever they stand; the hosts of its explorer and its token standards.
_ALONE = {
    "ethereum": ETHEREUM,
    "erc20": ETHEREUM,
    "etherscan": ETHEREUM,
    "bsc": "bsc",
    "bep20": "bsc",
    "bnbchain": "bsc",
    "bscscan": "bsc",
    "pancakeswap": "bsc",
    "basescan": "base",
    "aerodrome": "base",
    "arbitrum": "arbitrum",
    "arbiscan": "arbitrum",
    "polygon": "polygon",
    "polygonscan": "polygon",
    "optimism": "optimism",
    "avalanche": "avalanche",
    "snowtrace": "avalanche",
    "solana": SOLANA,
    "solscan": SOLANA,
}
#: Words that mean a chain only where the text says that they do.
_SAID_SO = {
    "eth": ETHEREUM,
    "bnb": "bsc",
    "base": "base",
    "arb": "arbitrum",
    "matic": "polygon",
    "avax": "avalanche",
    "sol": SOLANA,
}
_WORDS = "|".join(_SAID_SO)
_NAMED = re.compile(
    rf"(?i)(?:(?<![0-9a-z])(?:(?P<alone>{'|'.join(_ALONE)})|(?P<standard>(?:erc|bep)-20)"
    rf"|(?:on|chain|network)(?:\s*[:=]\s*|\s+the\s+|\s+)(?P<after>{_WORDS})"
    rf"|(?P<before>{_WORDS})[\s-]?(?:chain|network|mainnet|smart chain))"
    rf"|/(?P<path>{_WORDS})(?=/))(?![0-9a-z])"
)


def chains_named(text: str) -> list[str]:
    """The chains a text names, in words or by the hosts and paths of its links, in order."""
    chains: dict[str, None] = {}
    for found in _NAMED.finditer(text):
        if found["alone"]:
            chain = _ALONE[found["alone"].lower()]
        elif found["standard"]:
            chain = _ALONE[found["standard"].lower().replace("-", "")]
        else:
            chain = _SAID_SO[(found["after"] or found["before"] or found["path"]).lower()]
        chains[chain] = None
    return list(chains)
