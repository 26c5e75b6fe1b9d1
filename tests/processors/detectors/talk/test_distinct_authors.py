from __future__ import annotations

import random

from processors.detectors.talk.distinct_authors import DistinctAuthors

SPAN_MS = 300_000


def test_one_loud_account_is_one() -> None:
    seen = DistinctAuthors(SPAN_MS, 256)
    for n in range(1_000):
        seen.add("loud", n * 10)

    assert (seen.authors, seen.posts) == (1, 1_000)


def test_who_has_left_the_span_counts_no_more() -> None:
    seen = DistinctAuthors(SPAN_MS, 256)
    for n in range(10):
        seen.add(f"author{n}", n * 60_000)

    assert seen.authors == 5
    seen.forget(9 * 60_000 + SPAN_MS)
    assert (seen.authors, seen.posts) == (0, 0)


def test_a_crowd_beyond_the_bound_is_estimated_in_the_same_memory() -> None:
    ratios = []
    for seed in range(8):
        chance = random.Random(seed)
        seen = DistinctAuthors(SPAN_MS, 256)
        last: dict[str, int] = {}
        for n in range(6_000):
            name = f"{seed}:{int(chance.random() * 20_000)}"
            seen.add(name, n * 100)
            last[name] = n * 100
            assert len(seen._authors) <= 256
        there = sum(time_ms > 599_900 - SPAN_MS for time_ms in last.values())
        ratios.append(seen.authors / there)

    assert abs(sum(ratios) / len(ratios) - 1) < 0.1


def test_after_the_crowd_has_gone_it_counts_exactly_again() -> None:
    seen = DistinctAuthors(SPAN_MS, 64)
    for n in range(5_000):
        seen.add(f"crowd{n}", n * 50)
    for n in range(40):
        seen.add(f"later{n % 20}", 250_000 + SPAN_MS + n * 10_000)

    assert seen.authors == 20


def test_the_beginning_of_a_crowd_is_told() -> None:
    seen = DistinctAuthors(SPAN_MS, 256)
    for n in range(3):
        seen.add(f"usual{n}", n * 60_000)
    for n in range(20):
        seen.add(f"new{n}", 200_000 + n * 1_000)

    assert seen.since_ms(3.0) == 200_000


def test_a_step_back_in_time_takes_no_time() -> None:
    seen = DistinctAuthors(SPAN_MS, 256)
    seen.add("one", SPAN_MS)
    seen.add("two", SPAN_MS - 5_000)

    assert (seen.authors, seen.posts) == (2, 2)
