"""What `memewatch sources` says of a source, running or not."""

from __future__ import annotations

from typing import Any

from producers.live.catalogue import Listed
from producers.live.status import NOT_RUNNING, statuses
from producers.state import SessionState, SourceState
from schemas.times import rfc3339

NOW_MS = 1_767_225_600_000
LISTED = [Listed("bluesky", None), Listed("twitter", "set MEMEWATCH_TWITTER_BEARER_TOKEN")]


def session(**changes: Any) -> SessionState:
    fields: dict[str, Any] = {
        "session": "live-1",
        "kind": "live",
        "identity": "live",
        "writer": "live",
        "started_at": rfc3339(NOW_MS),
        "saved_at": rfc3339(NOW_MS - 1_000),
        "open": True,
        "finished": False,
        "cursors": {},
        "watermarks": {},
        "running": ["bluesky"],
        "sources": {
            "bluesky": SourceState(
                cursor="1", promised_ms=NOW_MS - 5_000, events=7, errors=2, last_event="then"
            )
        },
    }
    return SessionState(**(fields | changes))


def test_without_a_session_settings_alone_say_what_is_on() -> None:
    bluesky, twitter = statuses(LISTED, None, NOW_MS)
    assert (bluesky["state"], bluesky["reason"], bluesky["lag_s"]) == ("on", NOT_RUNNING, None)
    assert (twitter["state"], twitter["reason"]) == ("off", "set MEMEWATCH_TWITTER_BEARER_TOKEN")
    assert (twitter["last_event"], twitter["events"], twitter["errors"]) == (None, 0, 0)


def test_a_running_source_tells_how_far_it_is() -> None:
    bluesky, _ = statuses(LISTED, session(), NOW_MS)
    assert bluesky == {
        "name": "bluesky",
        "state": "on",
        "reason": None,
        "last_event": "then",
        "lag_s": 5.0,
        "events": 7,
        "errors": 2,
    }


def test_a_failing_source_says_why() -> None:
    failing = SourceState(failing=True, reason="HTTP 503", promised_ms=NOW_MS - 60_000)
    bluesky, _ = statuses(LISTED, session(sources={"bluesky": failing}), NOW_MS)
    assert (bluesky["state"], bluesky["reason"], bluesky["lag_s"]) == ("error", "HTTP 503", 60.0)


def test_a_source_that_waits_as_it_was_asked_to_is_on_and_says_so() -> None:
    waiting = SourceState(reason="asks to wait 900 s", promised_ms=NOW_MS)
    bluesky, _ = statuses(LISTED, session(sources={"bluesky": waiting}), NOW_MS)
    assert (bluesky["state"], bluesky["reason"]) == ("on", "asks to wait 900 s")


def test_a_session_that_ended_or_was_killed_runs_nothing_but_its_counts_stay() -> None:
    for ended in ({"open": False}, {"saved_at": rfc3339(NOW_MS - 60_000)}, {"kind": "demo"}):
        bluesky, _ = statuses(LISTED, session(**ended), NOW_MS)
        assert (bluesky["reason"], bluesky["events"], bluesky["lag_s"]) == (NOT_RUNNING, 7, None)
