"""Addresses that hold tokens for others: locks and the wallets of exchanges, on EVM chains.

Use: what stands there is nobody's to sell alone. Weakness: a short list of the busiest ones, as
block explorers label them; most exchanges have many more wallets, and new locks appear all the
time.
"""

from __future__ import annotations

_LOCKS = frozenset(
    {
        "0x663a5c229c09b049e36dcc11a9b0d4a8eb9db214",  # UNCX, shares of pools (Ethereum)
        "0xdba68f07d1b7ca219f78ae8582c213d975c25caf",  # UNCX, vesting (Ethereum)
        "0xc765bddb93b0d1c1a88282ba0fa6b2d00e3e0c83",  # UNCX (BNB Chain)
        "0xe2fe530c047f2d85298b07d9333c05737f1435fb",  # Team Finance
        "0x71b5759d73262fbb223956913ecf4ecc51057641",  # PinkLock
    }
)
_EXCHANGES = frozenset(
    {
        "0x28c6c06298d514db089934071355e5743bf21d60",  # Binance 14
        "0x21a31ee1afc51d94c2efccaa2092ad1028285549",  # Binance 15
        "0xf977814e90da44bfa03b6295a0616a897441acec",  # Binance 8
        "0x6cc5f688a315f3dc28a7781717a9a798a59fda7b",  # OKX
        "0x75e89d5979e4f6fba9f97c104c2f0afb3f1dcb88",  # MEXC
        "0x0d0707963952f2fba59dd06f2b425ace40b492fe",  # Gate
        "0xf89d7b9c864f589bbf53a82105107622b35eaa40",  # Bybit
        "0x2b5634c42055806a59e9107ed44d43c426e58258",  # KuCoin
        "0x6262998ced04146fa42253a5c0af90ca02dfd2a3",  # Crypto.com
        "0x46340b20830761efd32832a74d7169b29feb9758",  # Crypto.com
    }
)


def holds_for_others(address: str) -> bool:
    """Whether a small-letter address is a lock or an exchange."""
    return address in _LOCKS or address in _EXCHANGES
