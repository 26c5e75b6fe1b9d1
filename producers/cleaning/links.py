"""Links in text: found, and freed of what follows people around."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote, urlsplit, urlunsplit

#: A link longer than this is no link anybody follows.
LONGEST = 2048
MOST_LINKS = 32

#: Emoji and scripts without spaces follow a link at once; inside one they come percent-encoded.
LINK = re.compile(
    r"""\b[Hh][Tt][Tt][Pp][Ss]?://[^\s<>"'`{}|\\^\x00-\x20\x7f-\xa0\xa9\xae\u2000-\u2bff\u3000-\u30ff\u3400-\u9fff"""
    r"""\uac00-\udfff\ufe00-\ufe0f\uff00-\uffef\U0001f000-\U0001faff]+"""
)
_CLOSING = {")": "(", "]": "[", "）": "（", "】": "【"}
_TRAILING = ".,;:!?…，。！？、；：»”’*_~"
_LEGAL = "!#$%&'()*+,/:;=?@[]~"
_HEXADECIMAL = re.compile(r"%(?![0-9A-Fa-f]{2})")

_TRACKING = frozenset(
    """
    fbclid gclid gclsrc dclid gbraid wbraid msclkid twclid ttclid yclid ysclid igshid igsh li_fat_id
    mc_cid mc_eid _ga _gl _hsenc _hsmi vero_id vero_conv oly_anon_id oly_enc_id s_cid epik rdt_cid
    ref ref_src ref_url referrer referral referral_code refcode ref_code affiliate aff aff_id
    invite invite_code cmpid campaign_id spm scm share_id share_source shareid sharesource
    __twitter_impression __cft__ __tn__ mkt_tok trk trkcampaign wt_mc icid ncid
    """.split()  # noqa: SIM905
)
_TRACKING_PREFIXES = ("utm_", "utm-", "pk_", "piwik_", "mtm_", "matomo_", "hsa_", "fb_")
#: Harmless words elsewhere, tracking on these hosts.
_TRACKING_BY_HOST = {
    "twitter.com": frozenset({"s", "t", "cxt"}),
    "x.com": frozenset({"s", "t", "cxt"}),
    "youtube.com": frozenset({"si", "feature", "pp"}),
    "youtu.be": frozenset({"si", "feature"}),
    "open.spotify.com": frozenset({"si"}),
    "reddit.com": frozenset({"rdt", "share_id"}),
    "instagram.com": frozenset({"img_index"}),
}


def canonical_url(url: str) -> str | None:
    """One spelling of a web address, without tracking; None when it is no web address.

    Scheme and host are lower case, without default port, user and password; of the fragment only
    routes are kept (``#/swap``). A shortened link (``t.co``) stays: where it leads is not known.
    """
    url = url.strip()
    if len(url) > LONGEST:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna" if not url.isascii() else "ascii").decode()
    except (ValueError, UnicodeError):
        return None
    scheme = parts.scheme.lower()
    if scheme not in ("http", "https") or not re.fullmatch(r"[a-z0-9._-]+|[0-9a-f:]+", host):
        return None
    if ":" in host:
        host = f"[{host}]"
    if port is not None and port != {"http": 80, "https": 443}[scheme]:
        host = f"{host}:{port}"
    fragment = parts.fragment if parts.fragment[:1] in ("/", "!") else ""
    canonical = urlunsplit(
        (scheme, host, _legal(parts.path) or "/", _query(host, parts.query), _legal(fragment))
    )
    return canonical if len(canonical) <= LONGEST else None


def canonical_links(text: str) -> tuple[str, list[str]]:
    """The text with each link in its canonical spelling, and those links, each once, in order."""
    links: dict[str, None] = {}

    def canonical(found: re.Match[str]) -> str:
        if len(found[0]) > LONGEST:
            return found[0]
        link, rest = _without_trailing(found[0])
        url = canonical_url(link)
        if url is None or text.startswith("…", found.end()):  # Cut short: it leads nowhere.
            return found[0]
        # Without its fragment and its tracking it may end in a mark that was inside before.
        url, mark = _without_trailing(url)
        if len(links) < MOST_LINKS:
            links[url] = None
        return url + mark + rest

    if "://" not in text:
        return text, []
    return LINK.sub(canonical, text), list(links)


def _without_trailing(link: str) -> tuple[str, str]:
    """Punctuation at the end is the sentence's, and a bracket too that did not open in the link."""
    end = len(link)
    while end:
        last = link[end - 1]
        opening = _CLOSING.get(last)
        closes = opening is not None and link.count(last, 0, end) > link.count(opening, 0, end)
        if last not in _TRAILING and not closes:
            break
        end -= 1
    return link[:end], link[end:]


def _query(host: str, query: str) -> str:
    names = _TRACKING_BY_HOST.get(host.removeprefix("www.").removeprefix("m."), frozenset())
    kept = []
    for field in query.split("&"):
        name = unquote(field.partition("=")[0]).lower()
        if field and not (
            name in _TRACKING or name in names or name.startswith(_TRACKING_PREFIXES)
        ):
            kept.append(_legal(field))
    return "&".join(kept)


def _legal(part: str) -> str:
    """Percent-encoded where it must be, and left alone where it already is."""
    return quote(_HEXADECIMAL.sub("%25", part), safe=_LEGAL, errors="ignore")
