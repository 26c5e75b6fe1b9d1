"""HTML: the text a reader sees, of any markup."""

from __future__ import annotations

import html
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.cleaning import read_html
from tests.producers.cleaning.texts import any_text

_plain = st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=20)
_tag = st.sampled_from(["b", "i", "em", "span", "a", "p", "div", "li"])


@given(st.text(st.characters()))
def test_any_markup_is_read(markup):
    read = read_html(markup)
    assert read.text == read.text.strip()


@given(any_text)
def test_the_text_of_escaped_text_is_that_text(text):
    text = text.replace("\x00", "").replace("\r", "")
    text = "".join(char for char in text if char.isprintable() and not char.isspace())
    assert read_html(html.escape(text)).text == text


@given(_plain, _tag, st.dictionaries(st.sampled_from(["class", "title"]), _plain))
def test_tags_leave_nothing_but_their_text(text, tag, fields):
    attributes = "".join(f' {name}="{html.escape(value)}"' for name, value in fields.items())
    read = read_html(f"<{tag}{attributes}>{html.escape(text)}</{tag}>")
    assert read.text == text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<p>one</p>\n<p>two   words</p>", "one\ntwo words"),
        ("<b>PE</b>PE &amp; &lt;3 &#36;WIF &#x1F680;", "PEPE & <3 $WIF 🚀"),
        ("a<script>alert('<p>')</script>b<style>p{}</style>c", "abc"),
        ("a<!-- no --><![CDATA[<b>yes]]>b", "a<b>yesb"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ('<img class="emoji" alt="🚀" src="x"><img alt="logo">', "🚀"),
        ("<td>a</td><td>b</td>", "a b"),
        ('<a title="a > b" href=x>c</a>', "c"),
        ("broken <b", "broken <b"),
        ("&lt;b&gt;", "<b>"),
        ("a&#" + "9" * 5000 + ";b", "a\ufffdb"),
    ],
)
def test_spellings(markup, text):
    assert read_html(markup).text == text


def test_links_are_given_in_their_one_spelling():
    markup = """<a href="https://A.b/?utm_source=x&amp;id=1">x</a> <a class=y href='/relative'>
    <A HREF=https://t.co/x>z</a><a data-href="https://no.example/">n</a>"""
    assert read_html(markup).links == ["https://a.b/?id=1", "https://t.co/x"]


@pytest.mark.parametrize(
    "piece", ["<", "<a", "<a '", '<a b="', "<!--", "<![CDATA[", "<a b=c ", "&"]
)
def test_hostile_markup_takes_no_longer_than_other(piece):
    started = time.perf_counter()
    read_html(piece * 20_000)
    assert time.perf_counter() - started < 2
