"""Cashtags and hashtags in text that was ``folded``."""

from __future__ import annotations

import re

from producers.cleaning.lookalikes import folded

LONGEST_TICKER = 32
MOST_TAGS = 64

_CASHTAG = re.compile(rf"(?<![\w$])\$(\w{{1,{LONGEST_TICKER}}})(?!\w)")
_HASHTAG = re.compile(r"(?<![\w&#])#(\w{2,64})(?!\w)")
#: ``$5``, ``$1k``, ``$20m``, ``$3bn``: money, whatever the case.
_AMOUNT = re.compile(r"(?i)[\d_]+(?:k|m|mm|mil|mio|mln|million|b|bn|bil|billion|t|tn|usd|x)?")
#: What prices are told in: nobody who says so means a meme coin.
_MONEY = frozenset({"USD", "USDT", "USDC", "DAI", "FDUSD", "TUSD", "BUSD", "EUR", "GBP", "JPY"})
#: What coins are paid with: named beside a coin, seldom the coin itself.
_PAYMENTS = frozenset(
    {"BTC", "ETH", "SOL", "BNB", "AVAX", "MATIC", "POL", "TRX", "TON", "SUI", "XRP"}
    | {"WBTC", "WETH", "WSOL", "WBNB", "CBBTC"}
)


def cashtags_in(text: str) -> list[str]:
    """Tickers after ``$``, upper case, each once, in order. Amounts of money are none."""
    return list(
        dict.fromkeys(ticker for tag in _CASHTAG.findall(text) if (ticker := ticker_of(tag)))
    )[:MOST_TAGS]


def hashtags_in(text: str) -> list[str]:
    """Hashtags, case-folded, without ``#``, each once, in order."""
    tags = (tag.casefold().replace("_", "") for tag in _HASHTAG.findall(text))
    return list(dict.fromkeys(tag for tag in tags if tag))[:MOST_TAGS]


def ticker_of(tag: str) -> str | None:
    """The ticker of a cashtag (``$pepe``, ``pepe``), or None when it is money or no word."""
    word = folded(tag).strip().removeprefix("$")
    if not word or len(word) > LONGEST_TICKER or not word.replace("_", "").isalnum():
        return None
    # Some letters grow when they become capitals.
    ticker = word.upper()[:LONGEST_TICKER]
    return None if _AMOUNT.fullmatch(word) else ticker


def is_certain(ticker: str) -> bool:
    """Whether a ticker nobody registered may count: of two letters or more, and no currency."""
    return len(ticker) > 1 and not ticker[0].isdecimal() and ticker not in _MONEY


def is_payment(ticker: str) -> bool:
    """Whether a ticker beside an unknown address rather says what to pay with than what it is."""
    return ticker in _PAYMENTS
