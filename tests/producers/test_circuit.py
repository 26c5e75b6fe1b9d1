"""How long a failing source rests."""

from __future__ import annotations

from producers.circuit import OPEN_AFTER, OPEN_S, AccessRefusedError, Circuit, RateLimitedError


def fail(circuit, error=None, *, advanced=False, lived_s=0.0):
    return circuit.failed(error or ConnectionError("gone"), advanced=advanced, lived_s=lived_s)


def test_delays_grow_to_a_ceiling_and_then_the_circuit_opens_and_says_why():
    circuit = Circuit()
    delays = [fail(circuit) for _ in range(OPEN_AFTER - 1)]
    assert not circuit.is_open
    assert all(delay <= min(60, 0.5 * 2**n) for n, delay in enumerate(delays))
    assert len(set(delays)) == len(delays), "they have jitter"
    assert fail(circuit) >= 0.9 * OPEN_S
    assert circuit.is_open
    assert circuit.reason == "gone"


def test_a_connection_that_got_on_or_held_for_long_begins_the_count_anew():
    for good in ({"advanced": True}, {"lived_s": 61.0}):
        circuit = Circuit()
        for _ in range(OPEN_AFTER + 1):
            fail(circuit)
        fail(circuit, **good)
        assert circuit.failures == 1
        assert not circuit.is_open


def test_a_server_that_asks_to_wait_is_taken_at_its_word_and_is_no_failure():
    circuit = Circuit()
    delay = fail(circuit, RateLimitedError("slow down", 900))
    assert 900 <= delay <= 901
    assert circuit.failures == 0
    assert circuit.is_limited
    circuit.works()
    assert (circuit.reason, circuit.is_limited) == (None, False)


def test_a_wrong_key_opens_the_circuit_at_once():
    circuit = Circuit()
    assert fail(circuit, AccessRefusedError("look at MEMEWATCH_TWITTER_BEARER_TOKEN")) > 60
    assert circuit.is_open
    assert "BEARER" in str(circuit.reason)
