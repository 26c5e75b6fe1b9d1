"""Cleaning of what feeds say: one pure function for each thing that goes wrong."""

from producers.cleaning.instants import instant_ms
from producers.cleaning.invisible import without_invisible
from producers.cleaning.language import language_code, language_of
from producers.cleaning.links import canonical_links, canonical_url
from producers.cleaning.lookalikes import folded
from producers.cleaning.markup import read_html
from producers.cleaning.numbers import decimal_text
from producers.cleaning.reposts import reposted_author
from producers.cleaning.wording import normal_text

__all__ = [
    "canonical_links",
    "canonical_url",
    "decimal_text",
    "folded",
    "instant_ms",
    "language_code",
    "language_of",
    "normal_text",
    "read_html",
    "reposted_author",
    "without_invisible",
]
