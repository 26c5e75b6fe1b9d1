from __future__ import annotations

import itertools
import subprocess
import sys
from collections import Counter

import pytest

from producers.simulated import SimulatedMarket
from schemas.codec import EVENT_DECODERS, encode, event_time_ms, topic_of
from schemas.events import Post
from schemas.topics import EVENT_TOPICS
from tests.producers.simulated.recording import HOUR_MS, HOURS, START_MS, recording

_DIGEST = (
    "import hashlib, itertools;"
    "from producers.simulated import SimulatedMarket;"
    "from schemas.codec import encode;"
    "market = SimulatedMarket({seed}, 6, start_ms={start}, warm_up_ms=0);"
    "events = itertools.islice(market.events(), 3000);"
    "print(hashlib.sha256(b''.join(map(encode, events))).hexdigest())"
)


def _digest_in_another_process(seed: int, hash_seed: str) -> str:
    code = _DIGEST.format(seed=seed, start=START_MS)
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": hash_seed},
    )
    return done.stdout


def test_the_same_seed_gives_the_same_bytes_in_every_process() -> None:
    assert _digest_in_another_process(3, "1") == _digest_in_another_process(3, "2")


def test_another_seed_gives_another_market() -> None:
    assert _digest_in_another_process(3, "1") != _digest_in_another_process(4, "1")


def test_asking_twice_gives_the_same_events_twice() -> None:
    market = SimulatedMarket(5, 4, start_ms=START_MS)
    once, again = (list(itertools.islice(market.events(), 500)) for _ in range(2))
    assert once == again


def test_a_market_with_an_end_is_the_beginning_of_the_endless_one() -> None:
    def first(end_ms: int | None) -> list[bytes]:
        market = SimulatedMarket(5, 4, start_ms=START_MS, end_ms=end_ms)
        return [encode(event) for event in itertools.islice(market.events(), 400)]

    assert first(None) == first(START_MS + 8 * HOUR_MS)


def test_events_come_in_the_order_of_time_topic_and_id() -> None:
    rank = {spec.name: number for number, spec in enumerate(EVENT_TOPICS)}
    keys = [(event_time_ms(event), rank[topic_of(event)], event.id) for event in recording().events]
    assert keys == sorted(keys)
    assert keys[0][0] >= START_MS
    assert keys[-1][0] < START_MS + HOURS * HOUR_MS


def test_ids_are_unique_also_between_two_starts_of_one_market() -> None:
    ids = Counter(event.id for event in recording().events)
    assert max(ids.values()) == 1
    hour_later = SimulatedMarket(
        11, 16, start_ms=START_MS + HOUR_MS, scenarios_per_hour=12.0
    ).events()
    assert not any(event.id in ids for event in itertools.islice(hour_later, 20_000))


def test_every_event_passes_the_codec_unchanged() -> None:
    for event in recording().events:
        topic = topic_of(event)
        assert EVENT_DECODERS[topic](encode(event)) == event


def test_every_token_trades_posts_and_transfers() -> None:
    market = recording()
    tokens = {profile.token for profile in market.market.profiles}
    launched = {truth.token for truth in market.truths if truth.born_ms is not None}
    assert tokens.isdisjoint(launched)
    everybody = tokens | launched
    assert set(market.ticks) == set(market.posts) == set(market.transfers) == everybody


def test_texts_hardly_ever_repeat_but_where_they_are_passed_on() -> None:
    copied = ("shilling_wave", "shilling_ring", "shared_news", "viral_post")
    shilled = {(t.token, t.onset_ms, t.ends_ms) for kind in copied for t in recording().of(kind)}
    texts: Counter[str] = Counter()
    for token, posts in recording().posts.items():
        for time_ms, post in posts:
            if not any(token == t and a <= time_ms < b for t, a, b in shilled):
                texts[post.text] += 1
    once = sum(count for count in texts.values() if count <= 2)
    assert once / sum(texts.values()) > 0.8


def test_authors_have_an_age_and_followers() -> None:
    posts = [event for event in recording().events[:5000] if isinstance(event, Post)]
    assert posts
    for post in posts:
        assert post.author_created_at is not None
        assert post.author_created_at < post.event_time
        assert post.author_followers is not None


@pytest.mark.parametrize("seed", [1, 2])
def test_prices_stay_within_what_meme_coins_cost(seed: int) -> None:
    market = SimulatedMarket(seed, 8, start_ms=START_MS, end_ms=START_MS + 6 * HOUR_MS)
    prices = [float(event.price) for event in market.events() if hasattr(event, "price")]
    assert min(prices) > 1e-13
    assert max(prices) < 50
