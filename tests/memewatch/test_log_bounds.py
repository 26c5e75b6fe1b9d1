from __future__ import annotations

from contextlib import closing

import pytest
from confluent_kafka import Consumer, KafkaException, TopicPartition

from memewatch.kafka import RecordProducer, client_config, ensure_topics
from memewatch.log_bounds import log_bounds
from memewatch.settings import Settings
from schemas.topics import EVENT_PARTITIONS, POSTS


def asking(settings: Settings) -> Consumer:
    return Consumer(client_config(settings) | {"group.id": "test-bounds"})


@pytest.mark.integration
async def test_a_topic_that_was_created_a_moment_ago_is_empty_and_then_grows(settings: Settings):
    ensure_topics(settings, [POSTS])
    places = [TopicPartition(settings.namespace + POSTS.name, p) for p in range(EVENT_PARTITIONS)]
    with closing(asking(settings)) as consumer:
        assert [log_bounds(consumer, place, 30.0) for place in places] == [(0, 0)] * len(places)
        producer = RecordProducer(settings)
        for _ in range(3):
            await producer.send(POSTS.name, b"{}", "DOGE", 2)
        await producer.flush()
        producer.close()
        assert log_bounds(consumer, places[2], 30.0) == (0, 3)
        assert log_bounds(consumer, places[1], 30.0) == (0, 0)


def test_a_kafka_that_does_not_answer_is_an_error_and_no_endless_wait():
    nobody = Settings(_env_file=None, kafka_bootstrap="127.0.0.1:1")
    with closing(asking(nobody)) as consumer, pytest.raises(KafkaException):
        log_bounds(consumer, TopicPartition("posts", 0), 0.5)
