"""Stats, probes and metrics."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from memewatch.settings import Settings
from schemas.times import from_ms, rfc3339
from tests.api.running import Api, receive, run_api
from tests.api.writer import START_MS, Writer, make_alert

pytestmark = pytest.mark.integration


async def samples(api: Api) -> dict[str, float]:
    """Value by name and label values, as ``memewatch_alerts whale_dump open``."""
    text = (await api.http.get("/metrics")).text
    return {
        " ".join((sample.name, *sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_stats_count_what_is_stored(api: Api, writer: Writer) -> None:
    await writer.token("T", START_MS)
    await writer.alerts(
        make_alert(1),
        make_alert(2, status="resolved"),
        make_alert(3, pattern="whale_dump", status="acknowledged"),
    )
    stats = await api.get("/stats")
    assert len(stats.pop("epoch")) > 8
    assert stats == {
        "seq": 3,
        "tokens": 1,
        "alerts": 3,
        "open_alerts": 2,
        "alerts_by_pattern": {"pump_and_dump": 2, "whale_dump": 1},
        "dead_letters": 0,
        "last_event_time": rfc3339(START_MS),
    }


async def test_metrics_tell_of_the_database_the_stream_and_the_requests(
    api: Api, writer: Writer
) -> None:
    await writer.alerts(make_alert(1), make_alert(2, pattern="whale_dump"))
    await writer.connection.execute(
        "insert into positions values ('ticks', 3, 41), ('alerts', 0, 7)"
    )
    for number in range(3):
        await writer.connection.execute(
            "insert into dead_letters (id, reason, stage, value, failed_at, schema_version) "
            "values ($1, 'bad', 'worker', 'x', $2, 1)",
            str(number),
            from_ms(START_MS),
        )
    async with api.stream() as socket:
        await receive(socket, "heartbeat")
        await api.get("/tokens/a/series", 404)
        await api.get("/tokens/b/series", 404)
        found = await samples(api)
    assert found["memewatch_database_up"] == 1
    assert found["memewatch_stream_head_seq"] == 2
    assert found["memewatch_alerts whale_dump open"] == 1
    assert found["memewatch_dead_letters worker"] == 3
    assert found["memewatch_sink_next_offset 3 ticks"] == 41
    assert found["memewatch_stream_subscribers"] == 1
    assert found["memewatch_stream_messages_sent_total"] >= 3
    series = "/tokens/{token:path}/series"
    assert found[f"memewatch_http_requests_total {series} 404"] == 2
    assert found[f"memewatch_http_request_seconds_count {series}"] == 2
    # What is gone from the database is gone from the next scrape.
    await writer.alerts(make_alert(2, pattern="whale_dump", revision=2, status="resolved"))
    assert "memewatch_alerts whale_dump open" not in await samples(api)


async def test_a_database_without_tables_is_not_ready(servers: object, migrated: Settings) -> None:
    settings = migrated.model_copy(update={"postgres_database": "postgres"})
    async with run_api(settings, wait_ready=False) as api:
        response = await api.http.get("/ready")
        assert response.status_code == 503
        assert "migrat" in response.json()["detail"]
        assert "migrat" in (await api.get("/alerts", 503))["detail"]
        assert (await api.http.get("/health")).json() == {"status": "alive"}


async def test_what_is_only_read_cannot_be_written(api: Api, api_settings: Settings) -> None:
    assert api_settings.postgres_user == "memewatch_api"
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        response = await api.http.request(method, "/api/v1/alerts")
        assert response.status_code == 405
