"""Labels from users' verdicts: what ``memewatch verdicts --json`` wrote, for ``make tune``.

Nothing here runs live. What is learned from labels ships as a new version of a detector or of the
risk model, so that the same log goes on giving the same alerts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from memewatch.errors import OperatorError
from schemas.alerts import Pattern
from schemas.codec import InvalidRecordError, decode_verdict
from schemas.verdicts import Verdict


class VerdictLabel(NamedTuple):
    """Whether an alert that was told with this score was right."""

    pattern: Pattern
    score: float
    right: bool


def read_verdict_labels(
    path: Path, versions: Mapping[Pattern, str] | None = None
) -> list[VerdictLabel]:
    """One label for each alert that more users call right than wrong, or the other way round.

    In the order of the alerts' last verdicts, whose score counts. Who is not sure says nothing.

    Args:
        path: a verdict a line, as JSON.
        versions: by pattern the detector's version to take, because scores of another version may
            mean something else; patterns that are not named are left out. None takes everything.

    Raises:
        OperatorError: the file cannot be read; the message names the line.
    """
    latest = {each.id: each for each in sorted(_verdicts(path), key=attrgetter("given_at"))}
    by_alert: dict[str, list[Verdict]] = {}
    for each in sorted(latest.values(), key=attrgetter("given_at", "id")):
        if versions is None or versions.get(each.pattern) == each.detector_version:
            by_alert.setdefault(each.alert_id, []).append(each)
    told = sorted(by_alert.values(), key=lambda given: (given[-1].given_at, given[-1].alert_id))
    return list(_labels(told))


def _labels(told: Iterable[list[Verdict]]) -> Iterator[VerdictLabel]:
    for given in told:
        counts = Counter(each.verdict for each in given)
        if counts["right"] != counts["wrong"]:
            last = given[-1]
            yield VerdictLabel(last.pattern, last.score, counts["right"] > counts["wrong"])


def _verdicts(path: Path) -> Iterator[Verdict]:
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise OperatorError(f"cannot read {path}: {error.strerror}") from None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield decode_verdict(line)
        except InvalidRecordError as error:
            raise OperatorError(
                f"{path}, line {number}, is no verdict as `memewatch verdicts --json` writes them: "
                f"{error}"
            ) from None
