"""Errors that a person can act on."""

from __future__ import annotations


class OperatorError(Exception):
    """Something a person must mend; the message is one sentence that says what to do.

    The command line prints it without a traceback and exits with 1.
    """
