"""A post as a list of words: what the lexicon and the learned weights are about.

Addresses, mentions, tickers, names of coins and companies, and numbers become placeholders: a
weight may depend on how people speak, never on what they speak about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

TICKER = "<ticker>"

#: Coins, companies and their people that are spoken of by name; emoji that stand for them.
_NAMED = """
    btc bitcoin bitcoins eth ethereum ether ada cardano luna lunc terra ust doge dogecoin shib shiba
    shibainu pepe bonk wif floki dot polkadot algo algorand ltc litecoin monero xmr sol solana xrp
    ripple bnb binance cro matic polygon axie axs mana decentraland kusama ksm atom cosmos usdt
    tether usdc usdd dai tron trx link chainlink lrc loopring gusd nexo celsius avax avalanche near
    ftm fantom hbar xlm stellar bch iota eos vet vechain sand etc zec dash ape apecoin ftt ftx
    coinbase gemini kwon saylor vitalik
    tsla tesla elon musk aapl apple tim cook amzn amazon bezos fb facebook meta zuck zuckerberg nflx
    netflix msft microsoft gates googl goog google nvda nvidia amd intel baba alibaba ba boeing dis
    disney wmt walmart nke nike sbux starbucks ko coke cola pfe pfizer jnj bac jpm ccl carnival ups
    gme gamestop amc nokia nio nikola nkla uber lyft paypal pypl snap twitter twtr spy qqq
    🍎 🍏
"""
_NAMES = frozenset(_NAMED.split())

_TOKEN = re.compile(
    r"""
    (?P<link>https?://\S+ | www\.\S+)
  | (?P<mention>@\w+)
  | (?P<ticker>\$[a-z_][a-z._\-]*)
  | (?P<rise>\+\s?\$?\d[\d.,]*\s?%?)
  | (?P<fall>(?<![\w.])-\s?\$?\d[\d.,]*\s?%?)
  | (?P<percent>\$?\d[\d.,]*[kmb]?\s?%)
  | (?P<money>\$\d[\d.,]*[kmb]?)
  | (?P<number>\d[\d.,]*)
  | (?P<word>[^\W\d_]+(?:'[^\W\d_]+)*)
  | (?P<marks>[!?.]+)
  | (?P<sign>[^\w\s\u200d\ufe0f\U0001f3fb-\U0001f3ff\u2640\u2642])
    """,
    re.VERBOSE,
)
_AS_THEY_ARE = frozenset({"word", "marks", "sign"})


def words(text: str) -> list[str]:
    """The post's words, placeholders, runs of ``!?.`` and single signs (emoji among them)."""
    return list(_words(text.lower().replace("’", "'")))


def _words(text: str) -> Iterator[str]:
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind in _AS_THEY_ARE:
            word = match.group()
            yield TICKER if word in _NAMES else word
        else:
            yield f"<{kind}>"
