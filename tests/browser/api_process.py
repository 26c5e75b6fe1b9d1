"""The API as the process it is in production, on a port that stays the same over restarts."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import httpx

from memewatch.settings import Settings

_DEADLINE_S = 30.0
#: What the stage needs to know; everything else keeps its default.
_PASSED_ON = (
    "kafka_bootstrap",
    "namespace",
    "postgres_host",
    "postgres_port",
    "postgres_database",
    "postgres_user",
    "api_port",
    "stream_heartbeat_s",
)


class ApiProcess:
    """`memewatch api` with these settings."""

    def __init__(self, settings: Settings) -> None:
        self.url = f"http://127.0.0.1:{settings.api_port}"
        self._environment = _environment(settings)
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Return once it is ready."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "memewatch", "api", env=self._environment
        )
        async with httpx.AsyncClient() as client, asyncio.timeout(_DEADLINE_S):
            while not await _is_ready(client, self.url):
                assert self._process.returncode is None, "the API ended while starting"
                await asyncio.sleep(0.05)

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Return once it is gone; does nothing when it is not running."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(number)
            await asyncio.wait_for(process.wait(), _DEADLINE_S)


async def _is_ready(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(f"{url}/ready")).status_code == 200
    except httpx.TransportError:
        return False


def _environment(settings: Settings) -> dict[str, str]:
    """Only ours: whatever MEMEWATCH_* the shell has would change what is tested."""
    inherited = {k: v for k, v in os.environ.items() if not k.upper().startswith("MEMEWATCH_")}
    ours = {name: str(getattr(settings, name)) for name in _PASSED_ON}
    if settings.postgres_password:
        ours["postgres_password"] = settings.postgres_password.get_secret_value()
    if settings.api_tokens:
        tokens = ", ".join(f'"{token.get_secret_value()}"' for token in settings.api_tokens)
        ours["api_tokens"] = f"[{tokens}]"
    return inherited | {f"MEMEWATCH_{name.upper()}": value for name, value in ours.items()}
