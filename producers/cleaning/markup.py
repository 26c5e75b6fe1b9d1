"""HTML as feeds embed it, to the text a reader sees."""

from __future__ import annotations

import html
import re
from typing import NamedTuple

from producers.cleaning.links import MOST_LINKS, canonical_url

_PIECE = re.compile(
    r"<!--.*?(?:-->|$)"
    r"|<!\[CDATA\[(?P<data>.*?)(?:\]\]>|$)"
    r"|<[!?][^>]*(?:>|$)"
    r"""|<(?P<close>/?)(?P<name>[A-Za-z][A-Za-z0-9:-]*)(?P<fields>[^<>"']*(?:"[^"]*"[^<>"']*|'[^']*'[^<>"']*)*)/?>""",
    re.DOTALL,
)
_FIELD = re.compile(r"""(?i)(?<![\w-])(href|alt)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
#: No character has a number so long, and Python refuses to read it.
_NO_CHARACTER = re.compile(r"&#[0-9]{8,};?")
_SPACE = re.compile(r"[ \t\r\n\f]+")
#: What these hold is not for readers.
_HIDDEN = frozenset({"script", "style", "head", "template", "noscript", "svg", "iframe"})
_LINES = frozenset(
    """br p div li tr ul ol table blockquote pre h1 h2 h3 h4 h5 h6 article section header footer hr
    figure figcaption dt dd""".split()  # noqa: SIM905
)


class ReadHtml(NamedTuple):
    """The text, with a line end for each block and ``<br>``, and the links to other pages."""

    text: str
    links: list[str]


def read_html(markup: str) -> ReadHtml:
    """The text of any HTML, whole or broken, with entities resolved; never raises."""
    reader = _Reader()
    position = 0
    for piece in _PIECE.finditer(markup):
        reader.text(markup[position : piece.start()])
        position = piece.end()
        if piece["data"] is not None:
            reader.text(piece["data"])
        elif piece["name"] is not None:
            reader.tag(piece["name"].lower(), bool(piece["close"]), piece["fields"])
    reader.text(markup[position:])
    return reader.read()


class _Reader:
    def __init__(self) -> None:
        self._parts: list[str] = []
        self._links: dict[str, None] = {}
        self._hidden: str | None = None

    def text(self, source: str) -> None:
        if source and self._hidden is None:
            # White space of the source is a space; what an entity names is meant.
            self._parts.append(_unescaped(_SPACE.sub(" ", source)))

    def tag(self, name: str, closing: bool, fields: str) -> None:
        if self._hidden is not None:
            if closing and name == self._hidden:
                self._hidden = None
        elif name in _HIDDEN:
            if not closing and not fields.endswith("/"):
                self._hidden = name
        elif name in _LINES:
            self._parts.append("\n")
        elif name in ("td", "th"):
            self._parts.append(" ")
        elif not closing and name in ("a", "img"):
            self._read_field(name, fields)

    def read(self) -> ReadHtml:
        lines = (_SPACE.sub(" ", line).strip() for line in "".join(self._parts).split("\n"))
        return ReadHtml("\n".join(line for line in lines if line), list(self._links))

    def _read_field(self, name: str, fields: str) -> None:
        for field in _FIELD.finditer(fields):
            value = _unescaped(field[2] or field[3] or field[4] or "")
            if name == "a" and field[1].lower() == "href":
                if (url := canonical_url(value)) and len(self._links) < MOST_LINKS:
                    self._links[url] = None
            elif name == "img" and field[1].lower() == "alt" and not value.isascii():
                self._parts.append(value)  # An emoji that was drawn as a picture.


def _unescaped(text: str) -> str:
    return html.unescape(_NO_CHARACTER.sub("\ufffd", text))
