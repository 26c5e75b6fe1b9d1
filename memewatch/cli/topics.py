"""`memewatch topics`: topics, partitions, and how far each consumer has come."""

from __future__ import annotations

import asyncio
from typing import Any

from memewatch.cli.options import DataDir, Json
from memewatch.cli.output import print_json, stdout, table
from memewatch.stack.find import find_settings
from memewatch.stack.roles import API


def topics(data_dir: DataDir = None, as_json: Json = False) -> None:
    """Show every topic's partitions and each consumer group's lag."""
    from memewatch.cli.lag import read_topics

    report = asyncio.run(read_topics(find_settings(data_dir, API)))
    if as_json:
        print_json(report)
        return
    shown = table("topic", "partitions>", "records>", "lag by group")
    for topic in report:
        partitions = topic["partitions"]
        records = sum(partition["high"] - partition["low"] for partition in partitions)
        shown.add_row(topic["topic"], str(len(partitions)), f"{records:,}", _lag_by_group(topic))
    stdout.print(shown)


def _lag_by_group(topic: dict[str, Any]) -> str:
    totals: dict[str, int] = {}
    for entry in topic["groups"]:
        totals[entry["group"]] = totals.get(entry["group"], 0) + entry["lag"]
    return ", ".join(f"{group} {lag:,}" for group, lag in totals.items()) or "-"
