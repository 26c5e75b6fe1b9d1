"""A publisher as a process: ``demo``, or ``play [--resume] [--speed N] PATH…``."""

from __future__ import annotations

import sys
from pathlib import Path

from memewatch.settings import load_settings
from producers.main import serve
from producers.play import play


def main(arguments: list[str]) -> None:
    settings = load_settings()
    if arguments == ["demo"]:
        serve(settings, "demo")
        return
    paths = arguments[1:]
    speeds: dict[str, float | None] = {}
    if "--speed" in paths:
        place = paths.index("--speed")
        speeds = dict.fromkeys(("posts", "trades", "transfers"), float(paths[place + 1]))
        del paths[place : place + 2]
    resume = "--resume" in paths
    play(settings, [Path(p) for p in paths if p != "--resume"], speeds=speeds, resume=resume)


if __name__ == "__main__":
    main(sys.argv[1:])
