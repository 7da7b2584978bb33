"""What open microphones cost, as it is worked out, judged and shown."""

from dataclasses import replace

import pytest

from benchmarks.aims import judge
from benchmarks.churn import Sample
from benchmarks.listening import Listening, dearest_cpu, dearest_loop, threads_left
from benchmarks.results import Results
from benchmarks.speech_tables import microphones, tracks, vads
from benchmarks.workloads import BESIDE_MICROPHONES, BESIDE_TWENTY, TWENTY, TWENTY_ROOMS
from tests.unit.benchmarks.samples import FIGURES, LISTENING, VAD, empty_results, performance


def listening(cpu_s: float, loop_s: float, number: int = 10, sound: str = "quiet") -> Listening:
    spent = replace(LISTENING.spent, cpu_s=cpu_s, loop_s=loop_s)
    return replace(LISTENING, spent=spent, microphones=number, sound=sound)


def sample(number: int, rss_mb: float = 150, threads: int = 20) -> Sample:
    return Sample(number, 100, rss_mb, threads, 30, 7)


def met(results: Results, words: str) -> bool:
    [verdict] = [each for each in judge(results) if words in each.aim]
    return verdict.met


def test_what_rooms_take_anyway_is_not_the_microphones() -> None:
    measured = listening(cpu_s=8.2, loop_s=2.1)
    assert measured.cpu_each == pytest.approx(4.0)
    assert measured.loop_each == pytest.approx(1.0)


def test_the_dearest_microphone_is_not_hidden_among_others() -> None:
    measured = [listening(1, 3), listening(9, 1), listening(2, 2, number=1)]
    assert dearest_cpu(measured) is measured[2]
    assert dearest_loop(measured) is measured[2]
    assert dearest_cpu(measured[:2]) is measured[1]
    assert dearest_loop(measured[:2]) is measured[0]


@pytest.mark.parametrize(
    ("cpu_s", "loop_s", "words", "expected"),
    [
        (12.1, 1.0, "6 % of a core", True),
        (12.5, 1.0, "6 % of a core", False),
        (1.0, 3.0, "1.5 % of the event loop", True),
        (1.0, 3.2, "1.5 % of the event loop", False),
    ],
)
def test_an_open_microphone(cpu_s: float, loop_s: float, words: str, expected: bool) -> None:
    results = empty_results()
    results.microphones = [listening(1, 1), listening(cpu_s, loop_s, sound="talk")]
    assert met(results, words) is expected


@pytest.mark.parametrize(("listens", "expected"), [(12.0, True), (12.1, False)])
def test_microphones_raise_the_p95_of_text_by_a_fifth_at_most(
    listens: float, expected: bool
) -> None:
    results = empty_results()
    for subject, p95_ms in (("shared", 10.0), ("listen", listens)):
        figures = {BESIDE_TWENTY: replace(FIGURES, p95_ms=p95_ms)}
        results.add(BESIDE_MICROPHONES, subject, performance(figures))
    assert met(results, "1.2 times") is expected


@pytest.mark.parametrize(
    ("cpu_ms", "mb", "words", "expected"),
    [
        (1.05, 100, "5 % more", True),
        (1.06, 100, "5 % more", False),
        (1, 102, "2 % more", True),
        (1, 102.1, "2 % more", False),
        (1, 103.7, "0.2 MB more", True),
        (1, 103.9, "0.2 MB more", False),
    ],
)
def test_no_microphone_costs_nothing(cpu_ms: float, mb: float, words: str, expected: bool) -> None:
    results = empty_results()
    for subject, ms, memory in (("shared", 1.0, 100.0), ("listen", cpu_ms, mb)):
        run = performance({TWENTY: replace(FIGURES, cpu_ms=ms)}, [(0, 90), (1, 91), (20, memory)])
        results.add(TWENTY_ROOMS, subject, run)
    assert met(results, words) is expected


@pytest.mark.parametrize(("growth", "expected"), [(0.019, True), (0.021, False)])
def test_microphones_that_were_closed_leave_no_memory(growth: float, expected: bool) -> None:
    results = empty_results()
    results.tracks = [sample(n, rss_mb=150 + growth * n) for n in range(0, 210, 10)]
    assert met(results, "2 MB more") is expected


@pytest.mark.parametrize(("last", "expected"), [(23, True), (24, False)])
def test_microphones_that_were_closed_leave_no_thread(last: int, expected: bool) -> None:
    results = empty_results()
    results.tracks = [sample(0), sample(10, threads=23), sample(20, threads=last)]
    assert threads_left(results.tracks) == last - 23
    assert met(results, "no threads more") is expected


def test_nothing_is_judged_that_was_not_measured() -> None:
    assert judge(empty_results()) == []


def test_the_table_of_microphones() -> None:
    rows = microphones([listening(8.2, 2.1), listening(1, 1, number=1, sound="talk")])
    assert rows.rows[0] == ("no microphone", "", "", "1.0 %", "0.5 %", "", "", "")
    assert rows.rows[1] == (
        "10 microphones, quiet",
        "4.0 %",
        "1.00 %",
        "41.0 %",
        "10.5 %",
        "+30.0",
        "+4",
        "3",
    )
    assert rows.rows[2][0] == "1 microphone, talk"


def test_the_table_of_tracks_tells_the_growth_of_the_rss() -> None:
    rows = tracks([sample(n, rss_mb=150 + n / 10) for n in range(0, 210, 10)])
    assert [row[0] for row in rows.rows] == ["0", "10", "100", "200"]
    assert rows.notes == ["Growth in the second half: +100.0 MB of RSS per 1,000 microphones."]


def test_the_table_of_vads() -> None:
    assert vads([VAD]).rows == [
        ("livekit.agents.inference", "10", "10.7", "6.5", "3.4", "1.1", "4", "3.4", "13/13")
    ]


def test_microphones_are_in_the_title() -> None:
    title = "100 rooms beside 20 open microphones, 30 tokens, 500 ms apart"
    assert BESIDE_TWENTY.title == title
