"""The peer's environment: Quix Streams and what the job needs, apart from the product's."""

from __future__ import annotations

import asyncio
import sys
import venv
from pathlib import Path

from benchmarks.processes import ROOT
from benchmarks.progress import tell
from memewatch.errors import OperatorError

_HOME = ROOT / "build" / "quix"
_LOCK = ROOT / "requirements" / "quix.lock"


async def peer_python() -> Path:
    """Its interpreter; the environment is made once, and again when its lock file changed.

    Raises:
        OperatorError: the packages cannot be fetched.
    """
    python = _HOME / "bin" / "python"
    stamp = _HOME / ".installed"
    if stamp.exists() and stamp.stat().st_mtime >= _LOCK.stat().st_mtime:
        return python
    tell("installing Quix Streams into build/quix")
    await asyncio.to_thread(venv.create, _HOME, clear=True, with_pip=False)
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("uv")),
        *("pip", "install", "--quiet", "--python", str(python)),
        *("--require-hashes", "-r", str(_LOCK)),
    )
    try:
        code = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
    if code:
        raise OperatorError(
            "cannot fetch Quix Streams from PyPI: check the network and the free space, then run "
            "`make bench` again"
        )
    stamp.touch()
    return python
