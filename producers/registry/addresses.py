"""Contract addresses in text."""

from __future__ import annotations

import re

#: A text of more addresses is a list, of which the first are read.
MOST_ADDRESSES = 32

_EVM = re.compile(r"(?<![0-9A-Za-z])0[xX][0-9a-fA-F]{40}(?![0-9A-Za-z])")
_BASE58 = re.compile(r"(?<![0-9A-Za-z])[1-9A-HJ-NP-Za-km-z]{32,44}(?![0-9A-Za-z])")
_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGIT = {char: value for value, char in enumerate(_ALPHABET)}
_SOLANA_BYTES = 32
#: Where tokens are sent to be burned, and what every wallet of a chain holds: no meme coins.
_NOBODY = frozenset(
    {
        "0x0000000000000000000000000000000000000000",
        "0x000000000000000000000000000000000000dead",
        "0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
        "So11111111111111111111111111111111111111112",
    }
)


def addresses_in(text: str) -> list[str]:
    """EVM (lower case) and Solana addresses, each once, as they come in the text.

    Longer hexadecimal (a transaction) is no address, nor is base58 that is not 32 bytes.
    """
    found: dict[str, int] = {}
    for match in _EVM.finditer(text):
        found.setdefault(match[0].lower(), match.start())
    for match in _BASE58.finditer(text):
        if is_solana_address(match[0]):
            found.setdefault(match[0], match.start())
    for nobody in _NOBODY & found.keys():
        del found[nobody]
    return sorted(found, key=lambda address: found[address])[:MOST_ADDRESSES]


def is_evm_address(text: str) -> bool:
    """Whether the text is one address of an EVM chain."""
    return _EVM.fullmatch(text) is not None


def is_solana_address(text: str) -> bool:
    """Whether the text is 32 bytes in base58, and looks as chosen by chance: a long word does not.

    The system's own programs (``1111…``) are left out thereby.
    """
    if _BASE58.fullmatch(text) is None or text.islower() or text.isupper():
        return False
    if not any(char.isdecimal() for char in text) or text.startswith("1" * 8):
        return False
    number = 0
    for char in text:
        number = number * 58 + _DIGIT[char]
    zeros = len(text) - len(text.lstrip("1"))
    return zeros + (number.bit_length() + 7) // 8 == _SOLANA_BYTES
