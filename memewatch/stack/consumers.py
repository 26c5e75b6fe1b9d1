"""Whether the workers hold all partitions between them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from confluent_kafka import ConsumerGroupState, KafkaException
from confluent_kafka.admin import AdminClient

from memewatch.kafka import client_config
from memewatch.settings import Settings
from schemas.topics import EVENT_TOPICS, WORKERS_GROUP

_TIMEOUT_S = 5.0
_PARTITIONS = sum(spec.partitions for spec in EVENT_TOPICS)


def workers_ready(settings: Settings) -> Callable[[], Awaitable[bool]]:
    """A check that is true once the group is stable and every partition has its worker."""
    admin = AdminClient(client_config(settings) | {"log_level": 0})
    group = settings.namespace + WORKERS_GROUP

    async def is_ready() -> bool:
        return await asyncio.to_thread(_holds_all, admin, group)

    return is_ready


def _holds_all(admin: AdminClient, group: str) -> bool:
    try:
        described = admin.describe_consumer_groups([group], request_timeout=_TIMEOUT_S)
        found = described[group].result()
    except KafkaException:
        return False
    held = sum(len(member.assignment.topic_partitions) for member in found.members)
    return found.state == ConsumerGroupState.STABLE and held >= _PARTITIONS
