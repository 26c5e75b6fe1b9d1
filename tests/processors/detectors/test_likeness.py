"""Amounts of strangers are rarely alike; the bound of that chance is one."""

from __future__ import annotations

import math
import random

import pytest

from processors.detectors.likeness import binomial_tail, most_alike, poisson_head


def test_a_group_of_equal_amounts_is_found_among_others():
    amounts = [5.0, 1.0, 80.0, 1.01, 0.99, 1.0, 17.0, 1.02, 1.0]
    found = most_alike(amounts, 0.5, 0.05)
    assert found.members == (1, 3, 4, 5, 7, 8)
    assert found.chance < 1e-3


def test_nothing_to_compare_is_no_likeness():
    assert most_alike([], 0.5, 0.1).chance == 1.0
    assert most_alike([3.0], 0.5, 0.1).members == ()
    assert most_alike([1e-9, 1e9], 0.5, 0.1).chance == 1.0


def test_strangers_are_taken_for_one_party_no_more_often_than_the_bound_says():
    dice = random.Random(5)
    taken = sum(
        most_alike([dice.lognormvariate(0.0, 1.0) for _ in range(12)], 0.5, 0.05).chance <= 0.01
        for _ in range(400)
    )
    # Every size of group is looked at, hence a little more than one in a hundred at most.
    assert taken <= 12


def test_the_tails_are_those_of_the_binomial_and_the_poisson_law():
    assert binomial_tail(4, 0.5, 3) == pytest.approx(5 / 16)
    assert binomial_tail(4, 0.5, 0) == pytest.approx(1.0)
    assert poisson_head(3.0, 0) == pytest.approx(math.exp(-3))
    assert poisson_head(2.0, 2) == pytest.approx(5 * math.exp(-2))
    assert poisson_head(40.0, 400) == pytest.approx(1.0)
