from __future__ import annotations

import subprocess
import sys

import pytest

from processors.detectors.talk.near_duplicates import SKETCH_SIZE, resemblance, sketch, words

PITCH = "🚨 $FROG is the best gem of the year, huge gains before the big listing! Join us now"


def alike(one: str, other: str) -> float:
    first, second = sketch(one), sketch(other)
    assert first is not None
    assert second is not None
    return resemblance(first, second)


@pytest.mark.parametrize(
    "copy",
    [
        PITCH.upper(),
        PITCH.replace("🚨", "🔥🔥"),
        PITCH + " 🚀🚀🚀 #4821",
        "@moonboy " + PITCH + " https://t.me/+abc",
        PITCH.replace("gem", "g\u200bem"),
        PITCH.replace("huge", "𝗵𝘂𝗴𝗲"),
    ],
)
def test_what_copies_differ_in_cheaply_makes_no_difference(copy: str) -> None:
    assert alike(PITCH, copy) == 1.0


def test_a_changed_word_leaves_a_copy() -> None:
    assert 0.55 < alike(PITCH, PITCH.replace("huge", "insane")) < 1.0
    assert 0.55 < alike(PITCH, "guys " + PITCH.replace("year", "whole year")) < 1.0


def test_other_posts_about_the_same_token_are_no_copies() -> None:
    assert alike(PITCH, "where do you all track the holders of $FROG these days") < 0.1


def test_few_words_are_no_text() -> None:
    assert sketch("gm $FROG 🚀 to the") is None
    assert sketch("") is None


def test_scripts_without_spaces_have_words_too() -> None:
    assert len(words("这个币会涨十倍快来")) == 9
    assert alike("这个币会涨十倍快来加入我们", "这个币会涨十倍快来加入群") > 0.55


def test_a_sketch_is_small_and_estimates_the_resemblance_of_long_texts() -> None:
    shared = [f"word{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(80)]
    one, other = " ".join(shared), " ".join(shared[:60])
    first = sketch(one)
    assert first is not None
    assert len(first) == SKETCH_SIZE
    assert abs(alike(one, other) - 59 / 79) < 0.25


def test_a_sketch_does_not_depend_on_the_hash_seed() -> None:
    code = (
        "from processors.detectors.talk.near_duplicates import sketch;"
        f"print(sorted(sketch({PITCH!r})))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert told == {f"{sorted(sketch(PITCH) or ())}\n"}
