"""A rug pull on a real chain: warned of blocks before, and told in the block of the removal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from web3.contract import Contract

from schemas.alerts import Alert
from schemas.times import parse_rfc3339
from tests.evm.chain import DEAD, ETHER, Chain
from tests.processors.detectors.evm_launch import SUPPLY, Launch, Told, address_of, told
from tests.processors.detectors.rug_launches import LOCK

pytestmark = pytest.mark.timeout(120)

_FRESH = 0xF00D0000


class Project:
    """A coin that the chain's deployer made and launched, and that a crowd has bought since."""

    def __init__(self, chain: Chain, people: int = 25) -> None:
        self.chain = chain
        self.maker = chain.deployer
        self.token = chain.deploy_token("COIN", supply=SUPPLY)
        self.launch = Launch(chain, self.token, people)
        self.pool = self.launch.open_pool(SUPPLY * 8 // 10, 20)

    def trade(self) -> None:
        """The crowd buys, and every third sells again."""
        for number, person in enumerate(self.launch.people):
            self.launch.later(36)
            self.launch.buy(self.pool, person, 0.2 + 0.05 * (number % 7))
            if number % 3 == 1:
                assert self.launch.sell(self.pool, person)

    def shares(self, holder: str | None = None) -> int:
        return int(self.pool.functions.balanceOf(holder or self.maker).call())

    def lock(self) -> Any:
        """All shares into a contract that stands where a known lock does."""
        chain = self.chain
        locker = chain.deploy("Locker")
        code = chain.node.rpc("eth_getCode", locker.address, "latest")
        chain.node.rpc("anvil_setCode", LOCK, code)
        lock = chain._at("Locker", LOCK)
        chain.do(self.pool.functions.approve(lock.address, 2**256 - 1))
        chain.do(lock.functions.lock(self.pool.address, self.shares(), 0))
        return lock

    def sell(self, part: float) -> None:
        """The maker sells that part of what they kept."""
        held = self.token.functions.balanceOf(self.maker).call()
        self.chain.sell(self.pool, self.token, int(held * part))


async def rugged(act: Callable[[Project], None]) -> tuple[Alert, Alert, int]:
    """The warning and the removal's alert, both as they opened, and how many blocks lie between;
    that the latter is told in the removal's block is made sure of."""
    removals: list[int] = []

    def all_of_it(chain: Chain) -> Contract:
        project = Project(chain)
        project.trade()
        act(project)
        removals.append(chain.head)
        chain.mine(3)
        return project.token

    found = await told(all_of_it)
    openings = [one for one in found.revisions if one.revision == 1 and one.pattern == "rug_pull"]
    warning, removal = openings
    assert (warning.phase, removal.phase) == ("warned", "draining")
    blocks = _blocks(found)
    assert blocks[removal.event_time] == removals[0]
    (end,) = [one for one in found.last_words() if one.id == warning.id]
    assert end.phase == "pulled"
    return warning, removal, removals[0] - blocks[warning.event_time]


def _blocks(found: Told) -> dict[str, int]:
    return {
        event.event_time: number
        for event in found.events
        if (number := getattr(event, "block_number", None)) is not None
    }


def _evidence(alert: Alert) -> dict[str, float]:
    return {item.feature: item.value for item in alert.evidence}


async def test_a_maker_who_sells_first_is_warned_of_blocks_before_the_removal() -> None:
    def act(project: Project) -> None:
        project.sell(0.5)
        project.chain.mine(6)
        project.chain.remove_liquidity(project.pool)

    warning, removal, blocks = await rugged(act)
    assert blocks >= 6
    assert _evidence(warning)["insider_sold"] > 0.05
    assert _evidence(warning)["shares_in_reach"] == pytest.approx(1.0, abs=1e-6)
    assert _evidence(removal)["removed_share"] == pytest.approx(1.0, abs=1e-6)
    assert parse_rfc3339(removal.event_time) > parse_rfc3339(warning.event_time)


async def test_a_maker_who_takes_the_shares_out_of_the_lock_is_warned_of() -> None:
    def act(project: Project) -> None:
        lock = project.lock()
        project.sell(0.2)
        project.chain.mine(5)
        project.chain.do(lock.functions.release(project.pool.address, project.maker))
        project.chain.mine(4)
        project.chain.remove_liquidity(project.pool)

    warning, _, blocks = await rugged(act)
    assert blocks >= 4
    assert _evidence(warning)["shares_unlocked"] == pytest.approx(1.0, abs=1e-6)


async def test_a_maker_who_passes_shares_and_tokens_on_is_warned_of() -> None:
    fresh = address_of(_FRESH)

    def act(project: Project) -> None:
        chain = project.chain
        chain.node.rpc("anvil_setBalance", fresh, hex(10 * ETHER))
        chain.transfer(project.pool, fresh, project.shares())
        chain.transfer(project.token, fresh, SUPPLY // 10)
        chain.mine(3)
        chain.remove_liquidity(project.pool, fresh)

    warning, removal, blocks = await rugged(act)
    assert blocks >= 3
    assert {"shares_passed_on", "insider_tokens_moved"} <= _evidence(warning).keys()
    assert _evidence(removal)["by_insider"] == 1.0


async def test_a_removal_that_nothing_announced_is_told_in_its_block_all_the_same() -> None:
    removals: list[int] = []

    def all_of_it(chain: Chain) -> Contract:
        project = Project(chain)
        project.trade()
        chain.remove_liquidity(project.pool)
        removals.append(chain.head)
        return project.token

    found = await told(all_of_it)
    (removal,) = [one for one in found.last_words() if one.pattern == "rug_pull"]
    assert removal.phase == "drained"
    assert _blocks(found)[removal.event_time] == removals[0]


def _locks(project: Project) -> None:
    project.lock()
    project.sell(0.5)


def _burns(project: Project) -> None:
    project.chain.transfer(project.pool, DEAD, project.shares())
    project.sell(0.5)


def _pays_the_team(project: Project) -> None:
    project.chain.transfer(project.token, address_of(_FRESH), SUPPLY // 10)


def _loses_a_provider(project: Project) -> None:
    chain, provider = project.chain, project.launch.people[0]
    chain.transfer(project.token, provider, SUPPLY // 50)
    with chain.one_block():
        chain.add_liquidity(project.pool, project.token, SUPPLY // 50, ETHER, provider)
    chain.remove_liquidity(project.pool, provider, project.shares(provider) // 2)


@pytest.mark.parametrize("act", [_locks, _burns, _pays_the_team, _loses_a_provider])
async def test_honest_makers_are_not_warned_of(act: Callable[[Project], None]) -> None:
    def all_of_it(chain: Chain) -> Contract:
        project = Project(chain)
        project.trade()
        act(project)
        for person in project.launch.people[2::3]:
            project.launch.later(36)
            project.launch.sell(project.pool, person)
        return project.token

    found = await told(all_of_it)
    assert [alert for alert in found.revisions if alert.pattern == "rug_pull"] == []
