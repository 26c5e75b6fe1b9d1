"""Each scenario really is in the events, and each look-alike lacks what makes the cheat."""

from __future__ import annotations

from collections import Counter, defaultdict
from statistics import mean

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from producers.simulated.truth import Truth
from schemas.events import Post
from schemas.times import parse_rfc3339
from tests.producers.simulated.recording import (
    MINUTE_MS,
    START_MS,
    Recording,
    recording,
    within,
)

_VADER = SentimentIntensityAnalyzer()


def test_pumps_rise_with_rush_orders_and_fall_back() -> None:
    market = recording()
    pumps = market.of("pump_and_dump")
    assert len(pumps) >= 6
    for pump in pumps:
        before = market.price(pump.token, pump.onset_ms - 10 * MINUTE_MS, pump.onset_ms)
        minute = within(market.ticks[pump.token], pump.onset_ms, pump.onset_ms + MINUTE_MS)
        highest = max(float(tick.price) for tick in minute) / before - 1
        assert highest > 0.6 * pump.numbers["rise"] - 0.01
        assert _rush_orders(market, pump) >= 0.9 * pump.numbers["rush_orders"]
        after = market.price(pump.token, pump.ends_ms - MINUTE_MS, pump.ends_ms + MINUTE_MS)
        assert after / before - 1 < 0.6 * highest + 0.02


def test_listings_rise_without_rush_orders() -> None:
    market = recording()
    for listing in market.of("exchange_listing"):
        before = market.price(listing.token, listing.onset_ms - 5 * MINUTE_MS, listing.onset_ms)
        after = market.price(listing.token, listing.ends_ms - 2 * MINUTE_MS, listing.ends_ms)
        assert after / before - 1 > 0.5 * listing.numbers["rise"] - 0.02
        assert _rush_orders(market, listing) <= 8


def test_whales_send_to_where_tokens_are_sold_and_the_price_falls() -> None:
    market = recording()
    dumps = market.of("whale_dump")
    assert len(dumps) >= 6
    for dump in dumps:
        moved = _moved(market, dump)
        profile = next(p for p in market.market.profiles if p.token == dump.token)
        selling = {profile.pool, *(exchange.hot[0] for exchange in profile.exchanges)}
        to_market = sum(amount for receiver, amount in moved.items() if receiver in selling)
        assert to_market >= 0.95 * dump.numbers["supply_share"]
        before = market.price(dump.token, dump.onset_ms - 5 * MINUTE_MS, dump.onset_ms)
        after = market.price(dump.token, dump.ends_ms - 3 * MINUTE_MS, dump.ends_ms)
        assert 1 - after / before > 0.5 * dump.numbers["drop"] - 0.015


def test_treasuries_send_to_nobody_who_sells() -> None:
    market = recording()
    for move in market.of("treasury_transfer"):
        profile = next(p for p in market.market.profiles if p.token == move.token)
        selling = {profile.pool}
        for exchange in profile.exchanges:
            selling |= {*exchange.hot, *exchange.deposits}
        large = {r: a for r, a in _moved(market, move).items() if a > 0.001}
        assert large
        assert not set(large) & selling


def test_pulled_pools_lose_their_price_and_their_trades() -> None:
    market = Recording(seed=13, scenarios_per_hour=56.0)
    pulls = market.of("rug_pull")
    assert pulls
    for pull in pulls:
        before = market.price(pull.token, pull.onset_ms - 10 * MINUTE_MS, pull.onset_ms)
        last = within(market.ticks[pull.token], pull.onset_ms, pull.ends_ms)[-1]
        assert float(last.price) < before * (1 - 0.7 * pull.numbers["drop"])
        assert not within(market.ticks[pull.token], pull.ends_ms, pull.ends_ms + 5 * MINUTE_MS)
        profile = next(p for p in market.market.profiles if p.token == pull.token)
        assert _moved(market, pull)[profile.creator] > 0.02


def test_bursts_feel_strongly_and_viral_posts_do_not() -> None:
    market = recording()
    bursts = market.of("sentiment_burst") + market.of("shilling_wave")
    assert len(bursts) >= 5
    for burst in bursts:
        posts = within(market.posts[burst.token], burst.onset_ms, burst.ends_ms)
        assert len(posts) >= 0.9 * burst.numbers["posts"]
        feeling = mean(map(_feeling, posts)) * burst.numbers.get("sign", 1.0)
        assert feeling > 0.35
    for viral in market.of("viral_post"):
        posts = within(market.posts[viral.token], viral.onset_ms, viral.ends_ms)
        assert len(posts) >= 0.9 * viral.numbers["posts"]
        assert abs(mean(map(_feeling, posts))) < 0.33


def test_shills_are_young_and_copy_each_other() -> None:
    market = recording()
    for wave in market.of("shilling_wave"):
        posts = within(market.posts[wave.token], wave.onset_ms, wave.ends_ms)
        assert _young(posts, wave) > 1 / 3
        beginnings = Counter(" ".join(sorted(post.text.lower().split()))[:12] for post in posts)
        assert beginnings.most_common(1)[0][1] > 1


def test_a_ring_is_few_accounts_that_repeat_a_pitch() -> None:
    market = recording()
    rings = market.of("shilling_ring")
    assert rings
    for ring in rings:
        posts = within(market.posts[ring.token], ring.onset_ms, ring.ends_ms)
        loudest = Counter(post.author for post in posts).most_common(int(ring.numbers["accounts"]))
        assert sum(count for _, count in loudest) >= 0.9 * ring.numbers["posts"]


def test_news_is_passed_on_by_people_of_all_ages_and_invites_nowhere() -> None:
    market = recording()
    shared = market.of("shared_news")
    assert shared
    for news in shared:
        posts = within(market.posts[news.token], news.onset_ms, news.ends_ms + 1)
        linked = [post for post in posts if post.urls]
        assert len(linked) >= 0.7 * news.numbers["copied"] * news.numbers["posts"] - 5
        assert not any("/+" in url for post in linked for url in post.urls)
        assert len({post.author for post in linked}) > 0.8 * len(linked)
        assert _young(linked, news) < 0.4


def test_viral_posts_are_reposted_and_a_quarrel_is_among_few() -> None:
    market = recording()
    for viral in market.of("viral_post"):
        posts = within(market.posts[viral.token], viral.onset_ms, viral.ends_ms)
        reposts = [post for post in posts if post.repost_of is not None]
        assert all(post.repost for post in reposts)
        assert len({post.text for post in reposts}) <= 1
    quarrels = market.of("quarrel")
    assert quarrels
    for quarrel in quarrels:
        posts = within(market.posts[quarrel.token], quarrel.onset_ms, quarrel.ends_ms)
        loudest = Counter(post.author for post in posts).most_common(5)
        assert sum(count for _, count in loudest) >= 0.9 * quarrel.numbers["posts"]


def test_divergent_feelings_contradict_the_price() -> None:
    market = recording()
    divergences = market.of("sentiment_price_divergence")
    assert len(divergences) >= 6
    for truth in divergences:
        before = market.price(truth.token, truth.onset_ms - 5 * MINUTE_MS, truth.onset_ms)
        after = market.price(truth.token, truth.ends_ms - 2 * MINUTE_MS, truth.ends_ms)
        change = after / before - 1
        assert change * truth.numbers["sign"] < 0.015 - 0.4 * abs(truth.numbers["change"])
        posts = within(market.posts[truth.token], truth.onset_ms, truth.ends_ms)
        assert mean(map(_feeling, posts)) * truth.numbers["sign"] > 0.2


def test_washed_trades_stay_among_few_wallets() -> None:
    market = recording()
    washes = market.of("wash_trading")
    assert washes
    for truth in washes:
        profile = next(p for p in market.market.profiles if p.token == truth.token)
        trades = within(market.ticks[truth.token], truth.onset_ms, truth.ends_ms)
        assert len(trades) >= 0.9 * truth.numbers["trades"]
        buyers = Counter(tick.buyer for tick in trades if tick.buyer and tick.seller)
        if profile.shows_wallets:
            washed = sum(count for _, count in buyers.most_common(int(truth.numbers["wallets"])))
            assert washed >= 0.9 * truth.numbers["trades"]
        else:
            assert not buyers


def test_whales_take_from_the_market_in_parts() -> None:
    market = recording()
    whales = market.of("whale_accumulation")
    assert whales
    for truth in whales:
        moved = sorted(_moved(market, truth).values(), reverse=True)
        taken = sum(moved[: int(truth.numbers["wallets"])])
        assert taken >= 0.9 * truth.numbers["supply_share"]
        assert truth.numbers["parts"] >= 2 * truth.numbers["wallets"]


def test_sleepers_were_seen_hours_before_and_not_since() -> None:
    market = recording()
    awakenings = market.of("dormant_wallet")
    assert awakenings
    for truth in awakenings:
        transfers = market.transfers[truth.token]
        waking = within(transfers, truth.onset_ms - 3_000, truth.ends_ms)
        sent: Counter[str] = Counter()
        for transfer in waking:
            sent[transfer.from_address] += float(transfer.amount)
        (wallet, _) = sent.most_common(1)[0]
        before = within(transfers, START_MS, truth.starts_ms)
        times = [
            parse_rfc3339(transfer.event_time)
            for transfer in before
            if wallet in (transfer.from_address, transfer.to_address)
        ]
        assert times
        assert truth.onset_ms - times[-1] >= 90 * MINUTE_MS


def test_stakers_are_many_and_paid_little() -> None:
    market = Recording(seed=13, scenarios_per_hour=56.0)
    payouts = market.of("staking_payouts")
    assert payouts
    for truth in payouts:
        paid = within(market.transfers[truth.token], truth.onset_ms - 3_000, truth.ends_ms)
        payers = Counter(transfer.from_address for transfer in paid)
        assert payers.most_common(1)[0][1] >= 0.9 * truth.numbers["stakers"]
        assert truth.numbers["stakers"] >= 14


def _rush_orders(market: Recording, truth: Truth) -> int:
    """Milliseconds of the first minute with more than one buy."""
    timed = market.ticks[truth.token]
    buys = Counter(
        time_ms
        for time_ms, tick in timed
        if tick.side == "buy" and truth.onset_ms <= time_ms < truth.onset_ms + MINUTE_MS
    )
    return sum(count > 1 for count in buys.values())


def _moved(market: Recording, truth: Truth) -> dict[str, float]:
    """Shares of the supply by receiver, from a block before the onset to the end."""
    profile = next(p for p in market.market.profiles if p.token == truth.token)
    shares: dict[str, float] = defaultdict(float)
    transfers = market.transfers[truth.token]
    for transfer in within(transfers, truth.onset_ms - 3_000, truth.ends_ms):
        shares[transfer.to_address] += float(transfer.amount) / profile.supply
    return shares


def _young(posts: list[Post], truth: Truth) -> float:
    """The share of posts by accounts of the last month."""
    young = sum(
        post.author_created_at is not None
        and truth.onset_ms - parse_rfc3339(post.author_created_at) < 32 * 86_400_000
        for post in posts
    )
    return young / len(posts)


def _feeling(post: Post) -> float:
    return float(_VADER.polarity_scores(post.text)["compound"])
