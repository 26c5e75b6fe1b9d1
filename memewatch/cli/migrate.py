"""`memewatch migrate`: bring the database to the newest schema."""

from __future__ import annotations

from memewatch.cli.options import DataDir
from memewatch.cli.output import stderr
from memewatch.stack.find import find_settings
from memewatch.stack.roles import OWNER


def migrate(data_dir: DataDir = None) -> None:
    """Create or upgrade topics and tables; harmless to repeat."""
    from memewatch.kafka import ensure_topics
    from sinks.migrations import upgrade

    settings = find_settings(data_dir, OWNER)
    ensure_topics(settings)
    upgrade(settings)
    stderr.print("topics and tables are up to date")
