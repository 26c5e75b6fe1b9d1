"""Numbers as feeds write them, to exact decimal strings."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

#: What the contract of ``DecimalText`` allows.
LONGEST = 100

_SPACES = " \u00a0\u2009\u202f"
#: ``1,234,567.89`` and the like: whole groups of three, one kind of separator, the point a dot.
_GROUPED = re.compile(rf"\+?[1-9]\d{{0,2}}(?:([,'’_{_SPACES}])\d{{3}})(?:\1\d{{3}})*(?:\.\d+)?")
#: ``1.234.567,89``: only where both marks stand, since ``1.234`` and ``1,234`` could be either.
_CONTINENTAL = re.compile(r"\+?[1-9]\d{0,2}(?:\.\d{3})+,\d+")


def decimal_text(value: int | str | float | Decimal) -> str:
    """A plain non-negative decimal string (``0.000012``) of exactly the number given.

    Trailing zeros a venue sent are kept. A float means its shortest spelling, so ``0.1`` stays
    ``0.1``. Commas are thousands separators and must stand where those stand.

    Raises:
        ValueError: no number, negative, not finite, or longer than 100 digits.
    """
    number = _decimal(value)
    if not number.is_finite():
        raise ValueError(f"not a finite number: {_shown(value)}")
    if number.is_signed() and number:
        raise ValueError(f"a negative number: {_shown(value)}")
    _, digits, exponent = number.as_tuple()
    # Before it is written out: 1e999999999 would take a gigabyte.
    if not isinstance(exponent, int) or len(digits) + abs(exponent) > 2 * LONGEST:
        raise ValueError(f"a number of more than {LONGEST} digits: {_shown(value)}")
    text = format(number.copy_abs(), "f")
    if len(text) > LONGEST:
        raise ValueError(f"a number of more than {LONGEST} digits: {_shown(value)}")
    return text


def _decimal(value: int | str | float | Decimal) -> Decimal:
    if isinstance(value, bool):
        raise ValueError(f"not a number: {value}")
    if isinstance(value, Decimal | int):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(repr(float(value)))
    if not isinstance(value, str):
        raise ValueError(f"not a number: {_shown(value)}")
    text = value.strip()
    if len(text) > 4 * LONGEST:
        raise ValueError(f"a number of more than {LONGEST} digits: {_shown(value)}")
    if _GROUPED.fullmatch(text):
        text = re.sub(rf"[,'’_{_SPACES}]", "", text)
    elif _CONTINENTAL.fullmatch(text):
        text = text.replace(".", "").replace(",", ".")
    elif "_" in text:  # Decimal would take 1_0 for ten.
        raise ValueError(f"not a number: {_shown(value)}")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"not a number: {_shown(value)}") from None


def _shown(value: object) -> str:
    if isinstance(value, int) and value.bit_length() > 1000:
        return "an integer of thousands of bits"
    text = repr(value)
    return text if len(text) <= 60 else text[:60] + "…"
