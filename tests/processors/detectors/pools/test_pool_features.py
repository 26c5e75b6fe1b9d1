"""The rug model's inputs of a pool, as they are defined for the labelled tokens."""

from __future__ import annotations

import math

import pytest

from processors.detectors.pools.pool_features import PoolFeatures
from processors.detectors.pools.share_book import ShareBook, is_locked
from processors.detectors.pools.token_book import TokenBook
from processors.rug_model.features import INPUTS
from schemas.events import Holder, Profile
from schemas.times import rfc3339

WEEK_MS = 604_800_000
NOBODY = "0x" + "0" * 40
DEAD = "0x000000000000000000000000000000000000dead"
LOCK = "0x663a5c229c09b049e36dcc11a9b0d4a8eb9db214"


def token() -> TokenBook:
    book = TokenBook()
    book.move(NOBODY, "0xmaker", 1000.0)
    book.move("0xmaker", DEAD, 100.0)
    book.move("0xmaker", "0xfriend", 400.0)
    book.move("0xfriend", "0xmaker", 50.0)
    return book


def profile(**fields: object) -> Profile:
    return Profile(
        id="p",
        token="T",
        symbol="T",
        event_time=rfc3339(0),
        source="test",
        chain="test",
        contract="0x1",
        **fields,  # type: ignore[arg-type]
    )


def test_all_numbers_but_the_creators_launches_are_known_of_a_pool_that_was_seen_from_the_start():
    features = PoolFeatures(8)
    start_ms = 1_700_000_000_000
    features.provided(start_ms)
    features.shares.make("0xmaker", 90.0, None)
    features.shares.make("0xother", 10.0, None)
    features.shares.move("0xmaker", LOCK, 60.0, None)
    for part, purchase in ((0.25, True), (0.5, True), (0.75, False)):
        features.swapped(purchase, start_ms + round(part * WEEK_MS))
    features.provided(start_ms + WEEK_MS // 2)
    features.removed(start_ms + WEEK_MS)
    inputs = features.inputs(("0xmaker",), token())
    assert inputs == pytest.approx(
        {
            "mint_count_per_week": 2 / 2,
            "burn_count_per_week": 1 / 2,
            "mint_ratio": 2 / 6,
            "burn_ratio": 1 / 6,
            "mint_mean_period": 0.25,
            "swap_mean_period": 0.5,
            "burn_mean_period": 1.0,
            "swap_in_per_week": 2 / 2,
            "swap_out_per_week": 1 / 2,
            "lp_avg": 100 / 3,
            "lp_std": math.sqrt((60 - 100 / 3) ** 2 + (30 - 100 / 3) ** 2 + (10 - 100 / 3) ** 2),
            "lp_creator_holding_ratio": 0.3,
            "lp_lock_ratio": 0.6,
            "token_burn_ratio": 0.1,
            "token_creator_holding_ratio": 0.55,
        }
    )
    assert [*inputs, "number_of_token_creation_of_creator"] == list(INPUTS)


def test_of_what_nothing_is_known_nothing_is_said():
    assert PoolFeatures(8).inputs((), TokenBook()) == {}
    late = TokenBook()
    late.move("0xsomebody", "0xelse", 5.0)
    late.move(NOBODY, "0xbridge", 5.0)
    assert late.share(1.0) is None
    assert late.makers(young=True) == ()


def test_shares_are_taken_back_from_what_was_handed_in_or_from_the_holder():
    book = ShareBook(8)
    book.make("0xa", 50.0, 50.0)
    book.make("0xb", 50.0, 100.0)
    book.move("0xa", "0xpool", 50.0, None)
    book.burn("0xpool", "0xa", 50.0, 50.0)
    assert book.share_of(("0xb",)) == 1.0
    book.burn("0xpool", "0xb", 25.0, None)
    assert (book.total, book.share_of(("0xb",)), book.shares(())) == (25.0, 1.0, [1.0])
    book.burn("0xpool", "0xb", 25.0, None)
    assert (book.total, book.share_of(("0xb",)), list(book.shares(()))) == (0.0, 0.0, [])


def test_the_smallest_holders_are_forgotten_first_and_dust_is_no_holder():
    book = ShareBook(3)
    for name, shares in (("0xa", 60.0), ("0xb", 30.0), ("0xc", 0.001), ("0xd", 10.0)):
        book.make(name, shares, None)
    assert book.share_of(("0xc",)) == 0.0
    book.make("0xe", 0.002, None)
    assert book.share_of(("0xa", "0xb", "0xd")) == pytest.approx(1.0, abs=1e-4)
    assert book.shares(("0xa", "0xb")) == pytest.approx([0.9, 0.1], abs=1e-4)
    few = ShareBook(8)
    few.make("0xa", 1.0, None)
    few.make("0xdust", 1e-5, None)
    assert len(few.shares(())) == 1


def test_burned_and_locked_shares_are_locked():
    assert all(map(is_locked, (NOBODY, DEAD, LOCK)))
    assert not is_locked("0xmaker")


def test_what_is_issued_later_is_told_as_a_part_of_what_there_was():
    book = TokenBook()
    assert book.move(NOBODY, "0xmaker", 1000.0) == 0.0
    assert book.move("0xmaker", "0xb", 1.0) == 0.0
    assert book.move(NOBODY, "0xelse", 100.0) == pytest.approx(0.1)
    assert book.supply == 1100.0


def test_a_profile_tells_the_creator_the_supply_and_what_the_creator_holds():
    book = TokenBook()
    book.move("0xa", "0xb", 1.0)
    holders = [Holder(address="0xCreator", amount="250"), Holder(address="0xother", amount="9")]
    book.learn(profile(creator="0xCREATOR", total_supply="1000", holders=holders))
    assert book.makers(young=True) == ("0xcreator",)
    assert book.held_by(("0xcreator", "0xother")) == 0.25
    book.move("0xcreator", "0xother", 50.0)
    assert book.held_by(("0xcreator",)) == 0.2
    book.learn(profile())
    assert book.held_by(("0xcreator",)) == 0.2


def test_who_was_issued_the_first_tokens_made_the_token_only_if_the_pool_is_as_young():
    assert token().makers(young=True) == ("0xmaker",)
    assert token().makers(young=False) == ()
