"""Numbers in an alert's sentence."""

from __future__ import annotations


def amount_text(amount: float) -> str:
    """Six digits of an amount of tokens, as a person writes it: 1,508,990 and 0.000123."""
    if abs(amount) < 1_000:
        return f"{amount:.6g}"
    return f"{float(f'{amount:.6g}'):,.0f}" if abs(amount) >= 1e6 else f"{amount:,.6g}"


def times_text(count: int) -> str:
    """How often: once, twice, 3 times."""
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")
