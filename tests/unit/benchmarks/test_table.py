import io
from dataclasses import replace

from rich.console import Console

from benchmarks.aims import Verdict
from benchmarks.churn import Sample
from benchmarks.table import Rows, churn, hosting, speed, summary, tabulate, traffic, verdicts
from benchmarks.traffic import Traffic
from benchmarks.workloads import (
    BESIDE_MICROPHONES,
    BESIDE_TWENTY,
    IDLE_ROOMS,
    ONE_FAST,
    ONE_PACED,
    ONE_ROOM,
    TEN,
    TEN_AMONG_IDLE,
    TWENTY,
    TWENTY_ROOMS,
)
from tests.unit.benchmarks.samples import FIGURES, empty_results, performance


def test_the_p95_has_its_range_over_the_runs() -> None:
    results = empty_results()
    for p95_ms in (5.0, 7.0, 6.0):
        figures = replace(FIGURES, p95_ms=p95_ms)
        results.add(ONE_ROOM, "shared", performance({ONE_PACED: figures}))
    [row] = speed(results, results.measured[0], ONE_PACED).rows
    assert row[0] == "this worker, shared"
    assert row[2] == "6.0 (5.0-7.0)"


def test_the_cpu_of_processes_that_ended_is_unknown() -> None:
    results = empty_results()
    for subject, cpu_ms in (("shared", 1.25), ("lean", -15.0)):
        run = performance({TWENTY: replace(FIGURES, cpu_ms=cpu_ms)})
        results.add(TWENTY_ROOMS, subject, run)
    rows = speed(results, results.measured[0], TWENTY).rows
    assert [row[6] for row in rows] == ["1.25", "unknown"]


def test_what_was_not_reached_says_why() -> None:
    results = empty_results()
    results.add(TWENTY_ROOMS, "thread", performance({}, stopped="4 of 20 rooms: no agent"))
    rows = speed(results, results.measured[0], TWENTY)
    assert rows.rows[0][1] == "not reached"
    assert "0 of 1 runs: 4 of 20 rooms: no agent" in rows.notes[0]


def test_who_was_measured_less_often_is_named() -> None:
    results = empty_results()
    for subject in ("shared", "process", "shared"):
        results.add(TWENTY_ROOMS, subject, performance({TWENTY: replace(FIGURES, rooms=20)}))
    notes = speed(results, results.measured[0], TWENTY).notes
    assert notes == ["this worker, process: measured in 1 run only."]


def test_the_summary_has_a_column_for_each_workload() -> None:
    results = empty_results()
    results.add(ONE_ROOM, "shared", performance({ONE_PACED: FIGURES, ONE_FAST: FIGURES}))
    results.add(TWENTY_ROOMS, "lean", performance({TWENTY: replace(FIGURES, rooms=20)}))
    rows = summary(results)
    assert rows.heads[1:] == (ONE_PACED.title, ONE_FAST.title, TWENTY.title)
    assert [row[1:] for row in rows.rows] == [
        ("3.1 / 5.0", "3.1 / 5.0", ""),
        ("", "", "3.1 / 5.0"),
    ]


def test_microphones_are_not_in_the_summary() -> None:
    results = empty_results()
    results.add(ONE_ROOM, "shared", performance({ONE_PACED: FIGURES}))
    results.add(BESIDE_MICROPHONES, "listen", performance({BESIDE_TWENTY: FIGURES}))
    rows = summary(results)
    assert rows.heads[1:] == (ONE_PACED.title, ONE_FAST.title)
    assert [row[0] for row in rows.rows] == ["this worker, shared"]


def test_churn_says_what_was_taken_and_whether_it_grew() -> None:
    samples = [Sample(rooms, 100 + rooms / 10, 150, 20, 30, 7) for rooms in range(0, 220, 20)]
    rows = churn(samples)
    assert [row[:3] for row in rows.rows] == [
        ("0", "100", "150"),
        ("100", "110", "150"),
        ("200", "120", "150"),
    ]
    assert rows.notes == ["Growth in the second half: +100.0 MB of PSS per 1,000 rooms."]


def test_fewer_rooms_than_planned_are_named() -> None:
    results = empty_results()
    done = performance(
        {TEN: FIGURES, TEN_AMONG_IDLE: replace(FIGURES, rooms=100)}, stopped="memory"
    )
    results.add(IDLE_ROOMS, "lean", done)
    rows = speed(results, results.measured[0], TEN_AMONG_IDLE)
    assert rows.rows[0][0].endswith(", 100 rooms")
    assert "memory" in rows.notes[0]


def test_costs_of_rooms_are_shown_where_there_were_several() -> None:
    results = empty_results()
    results.add(ONE_ROOM, "shared", performance({ONE_PACED: FIGURES, ONE_FAST: FIGURES}))
    done = performance({TWENTY: FIGURES}, [(0, 90), (1, 100), (11, 125)])
    results.add(TWENTY_ROOMS, "shared", done)
    titles = [rows.title for rows in tabulate(results)]
    assert titles[:3] == [ONE_PACED.title, ONE_FAST.title, TWENTY.title]
    assert len(titles) == 4
    [row] = hosting(results, results.measured[1]).rows
    assert row[1:5] == ("90", "100", "2.5", "11 rooms")


def test_traffic_has_a_row_for_each_way() -> None:
    measured = [Traffic(way, readers, 1, 2, 3) for readers in (1, 10) for way in ("a", "b")]
    assert traffic(measured).rows == [
        ("a", "1", "2", "3", "1", "2", "3"),
        ("b", "1", "2", "3", "1", "2", "3"),
    ]


def test_verdicts_say_yes_and_no() -> None:
    rows = verdicts([Verdict("fast", "1 ms", True), Verdict("small", "9 MB", False)]).rows
    assert [row[2] for row in rows] == ["yes", "no"]


def test_rows_as_markdown() -> None:
    rows = Rows("title", ("", "a"), [("x", "1")], ["a note"])
    assert rows.as_markdown() == "|  | a |\n| --- | ---: |\n| x | 1 |\n\na note"


def test_rows_in_a_terminal() -> None:
    screen = io.StringIO()
    Console(file=screen, width=80).print(
        Rows("title", ("", "a"), [("x", "1")], ["a note"]).for_terminal()
    )
    for text in ("title", "x", "a note"):
        assert text in screen.getvalue()
