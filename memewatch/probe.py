"""A health check for containers: ``python -m memewatch.probe URL`` exits 0 on a 200 answer."""

from __future__ import annotations

import sys
from urllib.request import ProxyHandler, build_opener

_TIMEOUT_S = 4.0
#: What is asked is this very container; a proxy of the environment would ask elsewhere.
_opener = build_opener(ProxyHandler({}))


def answers(url: str) -> bool:
    """Whether ``url`` (http on this machine) answers 200 within four seconds."""
    if not url.startswith("http://127.0.0.1:"):
        raise ValueError(f"a probe looks at its own container only, not at {url}")
    try:
        with _opener.open(url, timeout=_TIMEOUT_S) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(0 if answers(sys.argv[1]) else 1)
