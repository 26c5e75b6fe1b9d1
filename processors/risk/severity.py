"""Severity from score and impact, by rules that stand in a file."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Self, get_args

import msgspec
from msgspec import Meta, Struct

from memewatch.errors import OperatorError
from schemas.alerts import Pattern, Severity

_SHIPPED = "severity.toml"
_DEFAULT = "default"
_GRAVEST_FIRST: tuple[Severity, ...] = ("critical", "high", "medium", "low")
_Share = Annotated[float, Meta(ge=0.0, le=1.0)]


class Minima(Struct, frozen=True, forbid_unknown_fields=True):
    """What an alert must reach for a severity."""

    score: _Share
    impact: _Share


class SeverityRules(Struct, frozen=True):
    """Minima by pattern and severity; ``severity.toml`` says how they are read."""

    minima: dict[str, dict[str, Minima]]

    @classmethod
    def read(cls, path: Path | None = None) -> Self:
        """The rules of a file, or the shipped ones.

        Raises:
            OperatorError: the file cannot be read, or says something that is no rule.
        """
        source = files(__package__).joinpath(_SHIPPED) if path is None else path
        try:
            content = tomllib.loads(source.read_text(encoding="utf-8"))
            minima = msgspec.convert(content, dict[str, dict[str, Minima]])
        except (OSError, UnicodeDecodeError, ValueError, msgspec.ValidationError) as error:
            raise OperatorError(f"cannot read the severity rules in {source}: {error}") from error
        known = (_DEFAULT, *get_args(Pattern))
        for pattern, levels in minima.items():
            if pattern not in known:
                raise OperatorError(f"{source}: there is no pattern {pattern!r}")
            for severity in levels:
                if severity not in _GRAVEST_FIRST:
                    raise OperatorError(
                        f"{source}: [{pattern}] has no severity {severity!r}; "
                        f"use {', '.join(_GRAVEST_FIRST)}"
                    )
        if _DEFAULT not in minima:
            raise OperatorError(
                f"{source} needs a part [{_DEFAULT}] for patterns without their own"
            )
        return cls(minima)

    def severity(self, pattern: str, score: float, impact: float) -> Severity:
        """The gravest severity of which both minima are reached."""
        levels = self.minima.get(pattern) or self.minima[_DEFAULT]
        for severity in _GRAVEST_FIRST:
            least = levels.get(severity)
            if least is not None and score >= least.score and impact >= least.impact:
                return severity
        return "info"
