"""The preview pages of public Telegram channels: which messages they show, and what those say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from producers.cleaning import instant_ms
from producers.live.posts import posts_of
from producers.registry import TokenRegistry
from schemas.events import Post

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_POST = re.compile(r"([A-Za-z0-9_]{1,64})/([0-9]{1,18})")
_LINK = re.compile(r"https?://(?:t|telegram)\.me/(?:s/)?([A-Za-z0-9_]+)/([0-9]+)(?:[?#].*)?")


class Message(NamedTuple):
    """One message: its number in the channel, when it was posted if that can be read, its HTML."""

    number: int
    time_ms: int | None
    markup: str


class Page(NamedTuple):
    """Messages, oldest first; ``before`` asks for those before them, None at the beginning."""

    messages: list[Message]
    before: int | None

    @property
    def newest_ms(self) -> int | None:
        """When the newest message was posted whose time can be read."""
        return max((m.time_ms for m in self.messages if m.time_ms is not None), default=None)

    @property
    def oldest_ms(self) -> int | None:
        """When the oldest message was posted whose time can be read."""
        return min((m.time_ms for m in self.messages if m.time_ms is not None), default=None)

    def only_before(self, number: int) -> Page:
        """Whatever the page shows: paging back must come to an end."""
        messages = [message for message in self.messages if message.number < number]
        is_earlier = self.before is not None and self.before < number and messages
        return Page(messages, self.before if is_earlier else None)


class NoPreviewError(Exception):
    """The channel does not exist, is private, or shows no preview."""


def read_page(body: bytes) -> Page:
    """What a page shows.

    Raises:
        NoPreviewError: it is the page of a channel without preview.
        ValueError: it is no page of Telegram.
    """
    root = _root(body)
    history = root.find_class("tgme_channel_history")
    if not history:
        if root.find_class("tgme_page"):
            raise NoPreviewError("there is no public preview")
        raise ValueError("no page of a Telegram channel")
    messages = {}
    for element in history[0].find_class("js-widget_message"):
        if found := _POST.fullmatch(element.get("data-post") or ""):
            number = int(found[2])
            messages[number] = Message(number, _time_ms(element), _markup(element))
    before = None
    for link in history[0].find_class("tme_messages_more"):
        if (number_text := link.get("data-before") or "").isdecimal():
            before = int(number_text)
    return Page([messages[number] for number in sorted(messages)], before)


def page_of(messages: list[Message]) -> bytes:
    """A page of these messages alone, for ``read_messages``."""
    inner = "\n".join(message.markup for message in messages)
    return f'<section class="tgme_channel_history">{inner}</section>'.encode()


def read_messages(body: bytes) -> list[tuple[str, HtmlElement]]:
    """Each message's own HTML and its element; raises ``ValueError`` when there are none."""
    history = _root(body).find_class("tgme_channel_history")
    if not history:
        raise ValueError("no page of a Telegram channel")
    return [(_markup(each), each) for each in history[0].find_class("js-widget_message")]


def read_message(element: HtmlElement, tokens: TokenRegistry) -> list[Post]:
    """One post for each token named; none when it has no text, or nobody wrote it.

    Raises:
        ValueError: it has no number or no time.
    """
    identity = _POST.fullmatch(element.get("data-post") or "")
    if identity is None:
        raise ValueError("a message without its number")
    time_ms = _time_ms(element)
    if time_ms is None:
        raise ValueError("a message without its time")
    if "service_message" in (element.get("class") or "").split():
        return []
    # The text of a media group stands in an element of its own kind: the outer one holds it all.
    parts = [
        *element.find_class("js-message_text")[:1],
        *element.find_class("tgme_widget_message_poll_question"),
    ]
    channel = identity[1].lower()
    forwarded = element.find_class("tgme_widget_message_forwarded_from_name")
    original = _LINK.fullmatch(forwarded[0].get("href") or "") if forwarded else None
    return posts_of(
        tokens,
        source="telegram",
        post_id=f"{channel}/{identity[2]}",
        author=channel,
        text="\n".join(_markup(part) for part in parts),
        html=True,
        time_ms=time_ms,
        group=channel,
        repost=bool(forwarded),
        repost_of=f"{original[1].lower()}/{original[2]}" if original else None,
    )


def _time_ms(element: HtmlElement) -> int | None:
    for date in element.find_class("tgme_widget_message_date"):
        for time in date.iter("time"):
            try:
                return instant_ms(time.get("datetime") or "")
            except ValueError:
                return None
    return None


def _root(body: bytes) -> HtmlElement:
    # Imported when first needed: `memewatch sources` lists every source and reads no page.
    from lxml import etree, html

    try:
        return html.document_fromstring(body, parser=html.HTMLParser(encoding="utf-8"))
    except (etree.LxmlError, ValueError) as error:
        raise ValueError(f"no HTML: {error}") from None


def _markup(element: HtmlElement) -> str:
    from lxml import html

    return str(html.tostring(element, encoding="unicode", with_tail=False))
