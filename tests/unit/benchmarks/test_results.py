import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

from benchmarks.aims import judge
from benchmarks.figures import Figures
from benchmarks.results import Results
from benchmarks.scenarios import FAST, PACED
from benchmarks.subjects import SUBJECTS
from benchmarks.table import make_table, make_verdict_table

WORKER, ROOMIO, _ = SUBJECTS

FIGURES = Figures(
    p50_ms=3.11111,
    p95_ms=5,
    max_ms=9,
    first_text_ms=4,
    turn_ms=12,
    updates=200,
    payload_bytes=2200,
    llm_late_ms=1,
)


@pytest.fixture
def results() -> Results:
    results = Results(SUBJECTS, [PACED, FAST], replies=1)
    for p95_ms in (5.0, 7.0, 6.0):
        results.add(PACED, WORKER, replace(FIGURES, p95_ms=p95_ms))
        results.add(PACED, ROOMIO, FIGURES)
    return results


def test_json_has_the_runs_and_their_medians(results: Results) -> None:
    written = json.loads(json.dumps(results.as_json()))
    paced = written["scenarios"][0]
    assert paced["reply_bytes"] == 2200
    assert list(paced["subjects"]) == ["worker", "roomio"]
    worker = paced["subjects"]["worker"]
    assert worker["medians"]["p95_ms"] == 6.0
    assert worker["medians"]["p50_ms"] == 3.111
    assert [run["p95_ms"] for run in worker["runs"]] == [5.0, 7.0, 6.0]


def test_an_interrupted_round_is_dropped(results: Results) -> None:
    results.add(PACED, WORKER, replace(FIGURES, p95_ms=100.0))
    results.keep_whole_rounds()
    assert [len(runs) for runs in results.runs.values()] == [3, 3]
    assert results.medians()[PACED, "worker"].p95_ms == 6.0


def test_the_table_shows_what_was_measured_and_nothing_else(results: Results) -> None:
    screen = Console(file=io.StringIO(), width=200)
    screen.print(make_table(results, PACED))
    assert isinstance(screen.file, io.StringIO)
    text = screen.file.getvalue()
    assert "5.0-7.0" in text
    assert WORKER.title in text
    assert SUBJECTS[2].title not in text


@pytest.mark.parametrize(("worker_p95", "met"), [(5.9, True), (6.1, False), (2.0, True)])
def test_at_an_ordinary_pace_the_p95_may_be_a_millisecond_later(
    worker_p95: float, met: bool
) -> None:
    measured = {
        (PACED, "worker"): replace(FIGURES, p95_ms=worker_p95),
        (PACED, "roomio"): replace(FIGURES, p95_ms=5.0),
    }
    assert judge(measured)[0].met is met


@pytest.mark.parametrize(("worker_p95", "met"), [(10.0, True), (10.1, False)])
def test_at_a_fast_pace_the_p95_is_a_fifth(worker_p95: float, met: bool) -> None:
    measured = {
        (FAST, "worker"): replace(FIGURES, p95_ms=worker_p95),
        (FAST, "roomio"): replace(FIGURES, p95_ms=50.0),
    }
    assert judge(measured)[0].met is met


@pytest.mark.parametrize(("payload_bytes", "met"), [(2640, True), (2641, False)])
def test_payload_is_held_against_the_reply(payload_bytes: float, met: bool) -> None:
    measured = {(PACED, "worker"): replace(FIGURES, payload_bytes=payload_bytes)}
    [verdict] = judge(measured)
    assert verdict.met is met


def test_what_was_not_measured_is_not_judged() -> None:
    assert judge({(PACED, "roomio"): FIGURES}) == []


def test_the_verdicts_say_yes_and_no() -> None:
    screen = Console(file=io.StringIO(), width=200)
    screen.print(make_verdict_table(judge({(PACED, "worker"): FIGURES})))
    assert isinstance(screen.file, io.StringIO)
    assert "yes" in screen.file.getvalue()
