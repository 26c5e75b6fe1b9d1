"""Fetch Kafka's jars with a progress bar and prepare its start; run by `make install`."""

from __future__ import annotations

import asyncio
import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from memewatch.errors import OperatorError
from memewatch.stack.jars import install_jars
from memewatch.stack.warm_up import build_aot_cache


def main() -> int:
    console = Console(stderr=True)
    columns = (TextColumn("Kafka's jars"), BarColumn(), MofNCompleteColumn())
    try:
        with Progress(*columns, console=console) as progress:
            task = progress.add_task("", total=None)
            install_jars(lambda done, total: progress.update(task, completed=done, total=total))
        with console.status("preparing Kafka's start"):
            asyncio.run(build_aot_cache())
    except OperatorError as error:
        console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
