"""Invisible code points: gone, but where they make an emoji or a spelling."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.cleaning import without_invisible
from tests.producers.cleaning.texts import EMOJI, INVISIBLE, any_text


@given(any_text)
def test_cleaning_twice_is_cleaning_once(text):
    once = without_invisible(text)
    assert without_invisible(once) == once


@given(any_text)
def test_nothing_visible_is_lost_or_added(text):
    def visible(of):
        return [char for char in of if unicodedata.category(char)[0] not in "CM" and char != "ㅤ"]

    fillers = "\u115f\u1160\u2800\u3164\uffa0"
    assert visible(without_invisible(text)) == [c for c in visible(text) if c not in fillers]


@given(st.text(st.characters(categories=["L", "N", "P"])).filter(lambda text: text.isascii()))
def test_plain_text_stays_as_it_is(text):
    assert without_invisible(text) == text


@given(st.text("abcPEPE$ "), st.text(INVISIBLE, min_size=1), st.integers(0, 20))
def test_whatever_is_hidden_in_a_word_is_taken_out(word, hidden, at):
    assert without_invisible(word[:at] + hidden + word[at:]) == word


@pytest.mark.parametrize("emoji", EMOJI)
@pytest.mark.parametrize("around", ["{}", "gm {} ser", "{0}{0}", "a\u200b{}\u202eb"])
def test_emoji_stay_whole(emoji, around):
    text = around.format(emoji)
    assert without_invisible(text) == text.replace("\u200b", "").replace("\u202e", "")


def test_the_joiners_of_persian_and_hindi_are_spelling():
    assert without_invisible("می\u200cخواهم क्\u200dष") == "می\u200cخواهم क्\u200dष"
    assert without_invisible("pe\u200cpe\u200d") == "pepe"


def test_every_format_and_control_character_is_covered():
    # Signs written before or over numbers are formats to Unicode, but can be seen.
    visible = (
        "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
    )
    for point in range(0x110000):
        char = chr(point)
        if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co") and char not in "\t\n\r\x85":
            kept = char if char in visible else ""
            assert without_invisible(f"a{char}b") == f"a{kept}b", hex(point)
