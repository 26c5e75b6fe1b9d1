"""Lines of a plain or gzipped file, with a bound on their length and errors that name the place."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from producers.source import LONGEST_LETTER, Rejected

#: No trade, transfer or post is longer; without a bound a file without newlines fills the memory.
LONGEST_LINE = 1_048_576
_GZIP_MAGIC = b"\x1f\x8b"


def read_lines(path: Path) -> Iterator[tuple[int, bytes] | Rejected]:
    """Yield (line number from 1, bytes without the line end) of every line that is not blank.

    A line that is too long is yielded as ``Rejected``; so is, at the end, a file that cannot be
    read any further (a truncated gzip, a permission).
    """
    number = 0
    try:
        with _open(path) as file:
            while line := file.readline(LONGEST_LINE):
                number += 1
                if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
                    yield reject(path, number, f"longer than {LONGEST_LINE} bytes", line)
                    _skip_line(file)
                    continue
                if number == 1:
                    line = line.removeprefix(b"\xef\xbb\xbf")
                if content := line.rstrip(b"\r\n"):
                    yield number, content
    except EOFError:
        yield reject(path, number + 1, "the gzip file is truncated", b"")
    except (OSError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        yield reject(path, number + 1, f"cannot be read: {reason}", b"")


def reject(path: Path, line: int | None, reason: str, value: bytes) -> Rejected:
    """What is reported, and sent to the dead letters, for a bad row or file."""
    return Rejected(reason=reason, value=value[:LONGEST_LETTER], file=str(path), line=line)


def _open(path: Path) -> BinaryIO:
    file = path.open("rb")
    if file.read(2) != _GZIP_MAGIC:
        file.seek(0)
        return file
    file.close()
    # Not wrapped in a larger buffer: it would swallow what stands before a truncation.
    return cast(BinaryIO, gzip.open(path))


def _skip_line(file: BinaryIO) -> None:
    while (rest := file.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
        pass
