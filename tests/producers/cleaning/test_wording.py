"""Text in one spelling, with its mood left in it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.cleaning import normal_text
from tests.producers.cleaning.texts import EMOJI, any_text


@given(any_text)
def test_normalising_twice_is_normalising_once(text):
    once = normal_text(text)
    assert normal_text(once) == once


@given(any_text)
def test_the_result_is_composed_trimmed_and_encodable(text):
    normal = normal_text(text)
    assert normal == unicodedata.normalize("NFC", normal) == normal.strip()
    assert "  " not in normal
    assert not {"\t", "\r", "\x00", "\u00a0"} & set(normal)
    normal.encode()


@given(st.lists(st.sampled_from(["abc", "XYZ!?🚀💎$"]), max_size=20))
def test_words_capitals_marks_and_emoji_stay(words):
    assert normal_text("\u200b ".join(words)) == " ".join(words)


@pytest.mark.parametrize("emoji", EMOJI)
def test_emoji_keep_their_look(emoji):
    assert normal_text(f"moon {emoji} now") == f"moon {emoji} now"


def test_letters_in_costume_become_letters():
    assert normal_text("𝗕𝗨𝗬 ＰＥＰＥ ⓝⓞⓦ 𝟏𝟎𝟎x") == "BUY PEPE now 100x"


def test_lines_stay_lines():
    assert normal_text(" a \r\n\n\n b\u2028c\t d ") == "a\nb\nc d"
