"""Reposts that only their wording gives away."""

from __future__ import annotations

import re

_REPOST = re.compile(r"\s*(?:RT|MT):?\s+@([\w.]{1,64}(?:@[\w.-]{1,253})?)\s*:?(?:\s|$)")


def reposted_author(text: str) -> str | None:
    """Whom the post repeats, without ``@``, when it begins with ``RT @somebody: …``."""
    found = _REPOST.match(text)
    return found[1].strip(".") or None if found else None
