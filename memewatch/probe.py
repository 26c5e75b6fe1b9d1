"""A health check for containers: ``python -m memewatch.probe URL`` exits 0 on a 200 answer."""

from __future__ import annotations

import sys
from urllib.error import URLError
from urllib.request import urlopen

_TIMEOUT_S = 4.0


def answers(url: str) -> bool:
    """Whether ``url`` (http on this machine) answers 200 within four seconds."""
    if not url.startswith("http://127.0.0.1:"):
        raise ValueError(f"a probe looks at its own container only, not at {url}")
    try:
        with urlopen(url, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - http only, see above
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


if __name__ == "__main__":
    sys.exit(0 if answers(sys.argv[1]) else 1)
