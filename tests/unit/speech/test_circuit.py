"""A service that failed is left alone, for longer each time, and found out about by one request."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.circuit import LONGEST_PAUSE, LONGEST_WISH, SHORTEST_PAUSE, Circuit
from speech.trouble import CONNECTION, NO_ANSWER, TIMEOUT, Failure
from speech.utterance import Trouble

REFUSED = Failure(Trouble.REFUSED, "status 401")
BUSY = Failure(Trouble.BUSY, "status 429")
ITS_OWN_FAULT = Failure(Trouble.FAILED, "status 400", is_about_service=False)


def fail(circuit: Circuit, failure: Failure, now: float) -> bool:
    return circuit.failed(circuit.begin(now), failure, now)


def next_chance(circuit: Circuit, now: float) -> float:
    while circuit.refusal(now) is not None:
        now += 0.5
    return now


@pytest.mark.parametrize("failure", [CONNECTION, TIMEOUT, NO_ANSWER])
def test_takes_one_failure_for_chance_and_two_for_an_outage(failure: Failure) -> None:
    circuit = Circuit()

    assert not fail(circuit, failure, 1.0)
    assert circuit.refusal(1.0) is None

    assert fail(circuit, failure, 2.0)
    assert circuit.refusal(2.0) is failure
    assert circuit.refusal(2.0 + SHORTEST_PAUSE) is None


def test_forgets_a_failure_after_an_answer() -> None:
    circuit = Circuit()
    fail(circuit, CONNECTION, 1.0)
    circuit.worked(circuit.begin(2.0))

    assert not fail(circuit, CONNECTION, 3.0)
    assert circuit.outage is None


@pytest.mark.parametrize("failure", [REFUSED, BUSY])
def test_believes_a_refusal_at_once(failure: Failure) -> None:
    circuit = Circuit()

    assert fail(circuit, failure, 1.0)
    assert circuit.refusal(2.0) is failure


def test_counts_what_fails_at_the_same_time_once() -> None:
    circuit = Circuit()
    attempts = [circuit.begin(at / 10) for at in range(8)]

    assert not any(
        circuit.failed(attempt, CONNECTION, 5.0 + i) for i, attempt in enumerate(attempts)
    )
    assert circuit.outage is None


def test_does_not_hold_a_bad_request_against_the_service() -> None:
    circuit = Circuit()

    assert not any(fail(circuit, ITS_OWN_FAULT, float(at)) for at in range(10))
    assert circuit.refusal(10.0) is None


def test_lets_one_request_find_out_whether_it_works_again() -> None:
    circuit = Circuit()
    fail(circuit, REFUSED, 0.0)
    now = next_chance(circuit, 0.0)
    probe = circuit.begin(now)

    assert circuit.refusal(now) is REFUSED
    assert circuit.worked(probe)
    assert circuit.refusal(now) is None


def test_sends_another_probe_when_nobody_waited_for_the_first() -> None:
    circuit = Circuit()
    fail(circuit, REFUSED, 0.0)
    now = next_chance(circuit, 0.0)

    circuit.gave_up(circuit.begin(now))

    assert circuit.refusal(now) is None


def test_does_not_take_a_late_answer_for_the_end_of_an_outage() -> None:
    circuit = Circuit()
    early = circuit.begin(0.0)
    fail(circuit, BUSY, 1.0)

    assert not circuit.worked(early)
    assert circuit.refusal(2.0) is BUSY


def test_waits_longer_each_time_up_to_a_minute() -> None:
    circuit, now, pauses = Circuit(), 0.0, []
    fail(circuit, CONNECTION, now)
    for _ in range(8):
        fail(circuit, CONNECTION, now)
        pauses.append(next_chance(circuit, now) - now)
        now += pauses[-1]

    assert pauses == [2, 4, 8, 16, 32, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE]


@pytest.mark.parametrize(
    ("wish", "pause"), [(0.0, SHORTEST_PAUSE), (7.0, 7.0), (90.0, 90.0), (86400.0, LONGEST_WISH)]
)
def test_leaves_it_alone_as_long_as_it_wants(wish: float, pause: float) -> None:
    circuit = Circuit()

    fail(circuit, Failure(Trouble.BUSY, "status 429", retry_after=wish), 0.0)

    assert next_chance(circuit, 0.0) == pause


def test_has_news_when_the_trouble_is_another_one() -> None:
    circuit = Circuit()
    assert fail(circuit, BUSY, 0.0)
    now = next_chance(circuit, 0.0)
    assert not fail(circuit, BUSY, now)
    now = next_chance(circuit, now)

    assert fail(circuit, REFUSED, now)


@given(
    st.lists(
        st.tuples(
            st.floats(0, 30),
            st.sampled_from(
                [REFUSED, BUSY, CONNECTION, TIMEOUT, NO_ANSWER, ITS_OWN_FAULT, None, "left"]
            ),
        )
    )
)
def test_is_asked_again_within_a_minute_whatever_happens(
    events: list[tuple[float, Failure | str | None]],
) -> None:
    circuit, now = Circuit(), 0.0
    for passed, event in events:
        now += passed
        if circuit.refusal(now) is not None:
            continue
        attempt = circuit.begin(now)
        match event:
            case None:
                circuit.worked(attempt)
            case Failure():
                circuit.failed(attempt, event, now)
            case _:
                circuit.gave_up(attempt)

    assert circuit.refusal(now + LONGEST_PAUSE) is None
