"""Progress goes to stderr; stdout holds the table alone."""

from __future__ import annotations

from rich.console import Console

_stderr = Console(stderr=True, highlight=False, soft_wrap=True)


def tell(text: str) -> None:
    """One line for whoever waits."""
    _stderr.print(text, markup=False)
