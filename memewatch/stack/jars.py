"""Kafka's jars: what `requirements/kafka.lock` pins, fetched from Maven Central and verified.

A line of the lock is ``group:artifact:version sha256``. The jars lie in the project's own
``.memewatch/jars`` in Maven's layout. No Java, no Maven is needed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from memewatch.errors import OperatorError

PROJECT = Path(__file__).resolve().parents[2]
LOCK_FILE = PROJECT / "requirements" / "kafka.lock"
JARS_DIRECTORY = PROJECT / ".memewatch" / "jars"
#: Seconds without an answer after which a download has failed.
_TIMEOUT_S = 60
_ATTEMPTS = 3
_PARALLEL = 6


@dataclass(frozen=True, slots=True)
class Jar:
    """One pinned jar."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file(self) -> Path:
        name = f"{self.artifact}-{self.version}.jar"
        directory = Path(*self.group.split("."), self.artifact, self.version)
        return JARS_DIRECTORY / directory / name


def locked_jars() -> list[Jar]:
    """The jars that `requirements/kafka.lock` pins."""
    jars = []
    for line in LOCK_FILE.read_text().splitlines():
        if line and not line.startswith("#"):
            coordinate, sha256 = line.split()
            group, artifact, version = coordinate.split(":")
            jars.append(Jar(group, artifact, version, sha256))
    return jars


def class_path() -> list[Path]:
    """The jars' files; raises ``OperatorError`` when some are missing."""
    files = [jar.file for jar in locked_jars()]
    if not all(file.is_file() for file in files):
        raise OperatorError("Kafka's jars are missing: run `make install`")
    return files


def install_jars(on_progress: Callable[[int, int], None]) -> None:
    """Fetch what is missing or damaged; ``on_progress`` gets (done, all) after each jar.

    Raises:
        OperatorError: no network, or a file that is not the one that was locked.
    """
    jars = locked_jars()
    done = 0
    with ThreadPoolExecutor(_PARALLEL) as pool:
        for _ in pool.map(_install, jars):
            done += 1
            on_progress(done, len(jars))


def sha256_of(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _install(jar: Jar) -> None:
    if jar.file.is_file() and sha256_of(jar.file) == jar.sha256:
        return
    for attempt in range(1, _ATTEMPTS + 1):
        jar.file.unlink(missing_ok=True)
        try:
            _download(jar)
        except Exception as error:
            # jgo raises RuntimeError, requests its own errors, a full disk OSError.
            jar.file.unlink(missing_ok=True)
            if attempt == _ATTEMPTS:
                raise OperatorError(
                    f"cannot fetch {jar.artifact} {jar.version} from Maven Central: check the "
                    f"network and the free space, then run `make install` again ({error})"
                ) from None
        else:
            break
    if sha256_of(jar.file) != jar.sha256:
        jar.file.unlink()
        raise OperatorError(
            f"{jar.file.name} is not the file that requirements/kafka.lock pins: something "
            "between here and Maven Central changed it, so it was removed"
        )


def _download(jar: Jar) -> None:
    from jgo.maven import MavenContext

    maven = MavenContext(repo_cache=JARS_DIRECTORY, timeout=_TIMEOUT_S)
    maven.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve()
