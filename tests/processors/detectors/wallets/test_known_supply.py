"""A thousandth of all tokens is a whale's, where it is known how many there are."""

from __future__ import annotations

from processors.detectors.wallets.known_supply import KnownSupply
from schemas.events import Profile
from schemas.times import rfc3339
from tests.processors.detectors.streams import EXCHANGE, WHALE, at_ms, transfer


def supply_of(tokens: str | None) -> Profile:
    return Profile(
        id=f"profile:{tokens}",
        token="token",
        symbol="TOKEN",
        event_time=rfc3339(at_ms(0)),
        source="test",
        chain="test",
        contract="0x1",
        total_supply=tokens,
    )


def test_nobody_is_a_whale_while_the_supply_is_unknown() -> None:
    supply = KnownSupply(0.001)
    supply.learn(transfer(1, WHALE, EXCHANGE, 10.0))
    supply.learn(supply_of(None))
    assert not supply.is_whales(1e12)
    supply.learn(supply_of("0"))
    assert not supply.is_whales(1e12)


def test_a_part_of_all_tokens_is_a_whales() -> None:
    supply = KnownSupply(0.001)
    supply.learn(supply_of("1000000"))
    supply.learn(transfer(1, WHALE, EXCHANGE, 10.0))
    assert supply.is_whales(1_000.0)
    assert not supply.is_whales(999.0)


def test_of_a_coin_that_was_seen_from_its_minting_nothing_is_said() -> None:
    supply = KnownSupply(0.001)
    supply.learn(transfer(1, "0x" + "0" * 40, WHALE, 1_000_000.0))
    supply.learn(supply_of("1000000"))
    assert not supply.is_whales(500_000.0)


def test_a_later_minting_makes_no_coin_young() -> None:
    supply = KnownSupply(0.001)
    supply.learn(supply_of("1000000"))
    supply.learn(transfer(1, WHALE, EXCHANGE, 10.0))
    supply.learn(transfer(2, "0x" + "0" * 40, WHALE, 5_000.0))
    assert supply.is_whales(1_000.0)
