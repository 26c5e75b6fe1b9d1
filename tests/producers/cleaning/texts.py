"""Texts as hypothesis makes them: any code points, and what posts really hide in them."""

from __future__ import annotations

from hypothesis import strategies as st

INVISIBLE = (
    "\u200b\u200c\u200d\u200e\u202e\u2066\u2069\u00ad\ufeff\u2060"
    "\ufe0f\U000e0041\x00\x1b\u3164\ud800"
)
EMOJI = (
    "🚀",
    "❤️",
    "👩‍🚀",
    "👨‍👩‍👧‍👦",
    "👍🏽",
    "🏴‍☠️",
    "🏳️‍🌈",
    "🇩🇪",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "3️⃣",
    "™️",
)
_PIECES = (
    *INVISIBLE,
    *EMOJI,
    "$PEPE",
    "$РЕРЕ",
    "$5",
    "#pepe",
    "＄ＷＩＦ",
    "𝗕𝗨𝗬",
    "ᴘᴇᴘᴇ",
    "e\u0301",
    "\u0301" * 3,
    "می\u200cخواهم",
    "<b>",
    "</p>",
    "<a href='https://x.com/a?s=20'>",
    "<script>",
    "&amp;",
    "&#0;",
    "&#xD800;",
    "<!--",
    "https://Example.com:443/a?utm_source=x&b=1#c",
    "http://t.co/Ab1",
    "(https://en.wikipedia.org/wiki/Pepe_(frog))",
    "0x6982508145454Ce325dDbE47a25d4ec3d2311933",
    "EKpQGSJtjMFqKZ9KQanSqYXRcF8fBopzLHYxdM65zcjm",
    "RT @somebody: ",
    " on base ",
    "\r\n",
    "\u2028",
    "\u00a0",
)
any_text = st.lists(
    st.one_of(st.text(st.characters(), max_size=6), st.sampled_from(_PIECES)), max_size=12
).map("".join)
