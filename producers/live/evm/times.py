"""Which block a chain had at a moment."""

from __future__ import annotations

from producers.live.evm.node import Header, Node


async def block_at(node: Node, time_s: int, head: Header) -> int:
    """The number of the first block of ``time_s`` or later; one above the head if there is none.

    Some 25 questions on a chain of many million blocks.
    """
    low, high = 0, head.number + 1
    while low < high:
        middle = (low + high) // 2
        header = head if middle == head.number else await node.block(middle)
        # A node that has thrown its oldest blocks away: what is asked for lies after them.
        if header is None or header.time_s < time_s:
            low = middle + 1
        else:
            high = middle
    return low
