"""Free TCP ports on the loopback address."""

from __future__ import annotations

import random
import socket
from collections.abc import Collection

LOOPBACK = "127.0.0.1"
#: Below the range systems hand out for outgoing connections, so nothing takes one by chance.
_RANGE = range(20_000, 30_000)
_ATTEMPTS = 200


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen on ``port`` now."""
    with socket.socket() as probe:
        # What servers do too: a connection in TIME_WAIT is no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(taken: Collection[int] = ()) -> int:
    """A port nobody listens on and that is not in ``taken``; random, so stacks do not collide."""
    for _ in range(_ATTEMPTS):
        port = random.choice(_RANGE)
        if port not in taken and is_free(port):
            return port
    raise OSError(f"no free port found in {_RANGE.start}..{_RANGE.stop - 1}")
