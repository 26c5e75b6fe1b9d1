"""The sentiment of one text."""

from __future__ import annotations

import pickle
from time import perf_counter

import pytest

from processors.sentiment import label, sentiment
from processors.sentiment.learned import Learned, shipped
from processors.sentiment.vader import Feeling, Vader


@pytest.mark.parametrize(
    "text",
    [
        "$PEPE to the moon 🚀🚀",
        "buy the dip, this is a gem",
        "not selling, diamond hands 💎🙌",
        "shorts are going to get burned",
        "super bullish, loading more",
        "love this team, best community",
    ],
)
def test_holders_in_a_good_mood(text: str) -> None:
    assert sentiment(text) > 0.15
    assert label(sentiment(text)) == "positive"


@pytest.mark.parametrize(
    "text",
    [
        "total scam, devs rugged us",
        "this is a ponzi, worthless garbage",
        "dumping hard 📉📉 get out",
        "bagholders are crying now",
        "bought puts, this will tank tomorrow",
        "lost everything, never buying again",
    ],
)
def test_holders_in_a_bad_mood(text: str) -> None:
    assert sentiment(text) < -0.15
    assert label(sentiment(text)) == "negative"


@pytest.mark.parametrize(
    "text",
    ["", "gm", "what is the contract of $WIF", "$WIF moved to another address", "x" * 5_000],
)
def test_a_text_without_a_mood_is_about_nought(text: str) -> None:
    assert abs(sentiment(text)) < 0.2


def test_scores_lie_within_their_range() -> None:
    for text in ("🚀" * 500, "scam " * 500, "moon rug " * 300, "\x00\ud7ff", "😀"):
        assert -1 <= sentiment(text) <= 1


def test_the_coin_that_is_spoken_of_does_not_matter() -> None:
    scores = {sentiment(f"{coin} is crashing, sell now") for coin in ("$WIF", "bitcoin", "$X")}
    assert len(scores) == 1


def test_the_label_is_the_side_of_the_score_however_faint() -> None:
    assert [label(score) for score in (-1.0, -0.0001, 0.0, 0.0001, 1.0)] == [
        "negative",
        "negative",
        "neutral",
        "positive",
        "positive",
    ]


def test_vader_reads_the_fields_words_and_its_own_negation() -> None:
    vader = Vader()
    assert vader.feel("📉").compound < 0 < vader.feel("🚀").compound
    assert vader.feel("selling").compound < 0 < vader.feel("not selling").compound


def test_packing_keeps_the_scores() -> None:
    model = Learned(
        feeling=(1.0, 0.5, -0.5), temperature=1.2, weights={"moon": 1.0, "^ rug": -2.0, "a": 1e-9}
    )
    again = Learned.unpacked(model.packed())
    assert set(again.weights) == {"moon", "^ rug"}
    feeling = Feeling(0.3, 0.2, 0.0)
    assert again.score(["moon", "^ rug"], feeling) == pytest.approx(
        model.score(["moon", "^ rug"], feeling), abs=0.01
    )


def test_the_shipped_model_is_small_quick_to_load_and_pickles() -> None:
    model = shipped()
    assert len(model.packed()) < 1_000_000
    assert pickle.loads(pickle.dumps(model)) == model
    started = perf_counter()
    assert Learned.unpacked(model.packed()).feeling == model.feeling
    assert perf_counter() - started < 2
