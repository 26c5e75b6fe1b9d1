"""Whether the workers have shared out all partitions between them.

Asked through aiokafka: librdkafka's admin client may hang for ever when it is closed after its
broker has ended, and then `up` would hang too.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from memewatch.settings import Settings
from schemas.topics import WORKERS_GROUP

_TIMEOUT_MS = 5_000
#: The field of a described group that holds its state.
_STATE = 2


def workers_ready(settings: Settings) -> Callable[[], Awaitable[bool]]:
    """A check that is true once the group is stable: then every partition has its worker."""
    # That a broker does not answer yet is what is being asked, not an error to tell.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    group = settings.namespace + WORKERS_GROUP

    async def is_ready() -> bool:
        admin = AIOKafkaAdminClient(
            bootstrap_servers=settings.kafka_bootstrap, request_timeout_ms=_TIMEOUT_MS
        )
        try:
            await admin.start()
            responses = await admin.describe_consumer_groups([group])
            return all(entry[_STATE] == "Stable" for one in responses for entry in one.groups)
        except (KafkaError, OSError, TimeoutError):
            return False
        finally:
            await admin.close()

    return is_ready
