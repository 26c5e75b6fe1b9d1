"""The language of a text, where it can be known."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from producers.cleaning import language_code, language_of
from producers.cleaning.language import LANGUAGES
from tests.producers.cleaning.texts import any_text


@given(any_text)
@settings(deadline=None)
def test_any_text_has_a_known_language_or_none(text):
    assert language_of(text) in (None, *LANGUAGES)
    assert language_of(text) == language_of(text)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (
            "en",
            "Just bought more $PEPE on the dip, the chart looks amazing and everybody is buying",
        ),
        ("es", "Acabo de comprar más monedas, todo el mundo está hablando de esto hoy"),
        ("de", "Gerade noch mehr davon gekauft, weil der Kurs schon wieder gefallen ist"),
        ("fr", "Je viens d'acheter encore plus parce que le graphique est magnifique"),
        ("ru", "Только что купил ещё больше, график выглядит просто потрясающе"),
        ("zh", "这个币要涨了大家快点买不然就来不及了"),
        ("ja", "このコインはこれから上がると思いますので買いました"),
        ("ko", "이 코인은 앞으로 오를 것 같아서 더 샀습니다"),
        ("tr", "Bugün biraz daha aldım çünkü fiyat çok düştü ve herkes bunu konuşuyor"),
    ],
)
def test_a_sentence_is_enough(language, text):
    assert language_of(text) == language


@pytest.mark.parametrize(
    "text", ["", "gm", "$PEPE $WIF 🚀🚀🚀", "https://t.co/abc https://t.co/def", "LFG"]
)
def test_too_little_is_no_language(text):
    assert language_of(text) is None


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("en", "en"),
        ("pt-BR", "pt"),
        ("zh_Hant", "zh"),
        ("und", None),
        ("qme", None),
        ("", None),
        (None, None),
        ("English", None),
    ],
)
def test_codes_of_feeds(code, language):
    assert language_code(code) == language
