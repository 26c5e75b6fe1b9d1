"""From the watch list to X's rules."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from producers.live.twitter_rules import clauses_of, packed, planned
from schemas.watch import WatchEntry

CONTRACT = "0x6982508145454Ce325dDbE47a25d4ec3d2311933"
LONGEST = 60

texts = st.text(min_size=1, max_size=70)
entries = st.lists(
    st.one_of(
        texts.map(lambda text: WatchEntry(kind="token", value=text)),
        texts.map(lambda text: WatchEntry(kind="keyword", value=text)),
        texts.map(lambda text: WatchEntry(kind="token", value=text, chain="solana", symbol="WIF")),
        texts.map(lambda text: WatchEntry(kind="account", value=text, source="twitter")),
    ),
    max_size=20,
)


def clauses(*watched):
    return clauses_of(watched, 512)


def test_each_kind_of_entry_has_its_operator():
    assert clauses(
        WatchEntry(kind="keyword", value='say "dog" OR cat'),
        WatchEntry(kind="account", value="@elon", source="twitter"),
        WatchEntry(kind="token", value="1INCH"),
        WatchEntry(kind="token", value="DOGE"),
        WatchEntry(kind="token", value=CONTRACT, chain="ethereum", symbol="PEPE"),
        WatchEntry(kind="pool", value=CONTRACT, chain="ethereum"),
    ) == ['"1INCH"', "$DOGE", f'"{CONTRACT}"', "$PEPE", "from:elon", '"say dog or cat"']


def test_what_is_meant_for_others_or_cannot_be_asked_is_passed_over():
    assert not clauses(
        WatchEntry(kind="account", value="elon", source="bluesky"),
        WatchEntry(kind="account", value="no such name", source="twitter"),
        WatchEntry(kind="keyword", value='""'),
        WatchEntry(kind="keyword", value="x" * 600),
    )


def test_the_same_thing_is_asked_for_once():
    twice = WatchEntry(kind="token", value="0x1", chain="base", symbol="doge")
    assert clauses(WatchEntry(kind="token", value="DOGE"), twice) == ["$DOGE", '"0x1"']


@given(entries)
def test_rules_hold_every_clause_and_are_never_too_long(watched):
    found = clauses_of(watched, LONGEST)
    rules = packed(found, LONGEST)
    assert all(len(rule) <= LONGEST for rule in rules)
    assert [clause for rule in rules for clause in rule.split(" OR ")] == found


@given(entries, entries)
def test_rules_change_no_more_than_they_must(before, after):
    old = packed(clauses_of(before, LONGEST), LONGEST)
    wanted = clauses_of(after, LONGEST)
    rules = planned(wanted, old, LONGEST, 1000)
    assert sorted(clause for rule in rules for clause in rule.split(" OR ")) == sorted(wanted)
    assert {rule for rule in old if set(rule.split(" OR ")) <= set(wanted)} <= set(rules)
    assert planned(wanted, rules, LONGEST, 1000) == rules


def test_rules_that_came_apart_are_packed_anew_before_anything_is_left_off():
    wanted = [f"${letter}AAAA" for letter in "ABCDEF"]
    assert len(planned(wanted, wanted, LONGEST, 6)) == 6
    assert planned(wanted, wanted, LONGEST, 1) == packed(wanted, LONGEST)[:1]


def test_what_does_not_fit_is_left_off_tokens_last(caplog):
    wanted = clauses_of(
        [
            WatchEntry(kind="keyword", value="k" * 40),
            WatchEntry(kind="token", value="DOGE"),
        ],
        LONGEST,
    )
    assert planned([*wanted, '"' + "y" * 40 + '"'], [], LONGEST, 1) == [f'$DOGE OR "{"k" * 40}"']
    assert "MEMEWATCH_TWITTER_MOST_RULES" in caplog.text
