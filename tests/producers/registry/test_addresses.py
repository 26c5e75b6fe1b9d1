"""Contract addresses in text, and what only looks like one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.registry.addresses import addresses_in, is_solana_address
from tests.producers.cleaning.texts import any_text

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
WIF = "EKpQGSJtjMFqKZ9KQanSqYXRcF8fBopzLHYxdM65zcjm"
_evm = st.from_regex(r"0x[0-9a-fA-F]{40}", fullmatch=True).filter(lambda a: int(a, 16) > 0xDEAD)


def base58(data: bytes) -> str:
    number, text = int.from_bytes(data), ""
    while number:
        number, digit = divmod(number, 58)
        text = ALPHABET[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


@given(_evm, st.sampled_from(["{}", "CA: {}.", "({})", "{}\n", "ca:{}"]))
def test_an_evm_address_is_found_in_lower_case(address, around):
    assert addresses_in(around.format(address)) == [address.lower()]


@given(_evm, st.text("0123456789abcdefABCDEF", min_size=1, max_size=24))
def test_longer_hexadecimal_is_no_address(address, more):
    assert addresses_in(address + more) == addresses_in("a" + address) == []


@given(st.binary(min_size=32, max_size=32))
def test_32_bytes_in_base58_are_an_address_of_solana(data):
    text = base58(data)
    looks_like_chance = any(c.isdecimal() for c in text) and not (text.islower() or text.isupper())
    assert is_solana_address(text) == (looks_like_chance and not text.startswith("1" * 8))


@given(st.binary(min_size=20, max_size=40).filter(lambda data: len(data) != 32))
def test_other_lengths_are_none(data):
    assert not is_solana_address(base58(data))


@given(any_text)
def test_any_text_can_be_asked(text):
    found = addresses_in(text)
    assert len(found) == len(set(found)) <= 32
    assert all(address.lower() in text.lower() for address in found)


@pytest.mark.parametrize(
    "text",
    [
        "0x" + "0" * 40,
        "0x000000000000000000000000000000000000dEaD",
        "11111111111111111111111111111111",
        "So11111111111111111111111111111111111111112",
        "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
        "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
        "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG",
        "hahahahahahahahahahahahahahahahahahahahahaha",
        WIF + "a",
        WIF[:-14],
    ],
)
def test_nobodys_addresses_and_other_codes_are_none(text):
    assert addresses_in(text) == []


def test_addresses_come_as_they_stand_and_once():
    evm = "0x6982508145454Ce325dDbE47a25d4ec3d2311933"
    assert addresses_in(f"{WIF} {evm} {evm.lower()} {WIF}") == [WIF, evm.lower()]
