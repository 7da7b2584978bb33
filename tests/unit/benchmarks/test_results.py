from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.churn import Sample
from benchmarks.results import read
from benchmarks.traffic import Traffic
from benchmarks.workloads import ONE_PACED, ONE_ROOM, TWENTY, TWENTY_ROOMS
from tests.unit.benchmarks.samples import FIGURES, LISTENING, VAD, empty_results, performance


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    results = empty_results()
    results.add(TWENTY_ROOMS, "shared", performance({TWENTY: FIGURES}, [(0, 90), (1, 100)]))
    results.add(TWENTY_ROOMS, "openrtc", performance({}, stopped="not installed"))
    results.traffic = [Traffic("stream", 1, 2, 3)]
    results.churn = [Sample(0, 100, 130, 20, 30, 7)]
    results.tracks = [Sample(10, 100, 130, 20, 30, 7)]
    results.microphones = [LISTENING]
    results.vads = [VAD]
    results.write(tmp_path / "new" / "results.json")
    assert read([tmp_path / "new" / "results.json"]) == results


def test_a_later_file_takes_the_place_of_what_it_has(tmp_path: Path) -> None:
    files = [tmp_path / "all.json", tmp_path / "twenty.json"]
    earlier, later = empty_results(), empty_results()
    earlier.add(ONE_ROOM, "shared", performance({ONE_PACED: FIGURES}))
    earlier.add(TWENTY_ROOMS, "shared", performance({TWENTY: FIGURES}))
    earlier.traffic = [Traffic("stream", 1, 2, 3)]
    earlier.microphones, earlier.vads = [LISTENING], [VAD]
    later.microphones = [replace(LISTENING, microphones=5)]
    later.titles = {"listen": "listening"}
    later.add(TWENTY_ROOMS, "shared", performance({TWENTY: replace(FIGURES, p95_ms=6)}))
    for results, file in zip((earlier, later), files, strict=True):
        results.write(file)
    both = read(files)
    assert [each.program for each in both.measured] == [ONE_ROOM, TWENTY_ROOMS]
    twenty = both.of("twenty")
    assert twenty is not None
    figures = twenty.figures(TWENTY.name, "shared")
    assert figures is not None
    assert figures.p95_ms == 6
    assert both.traffic == earlier.traffic
    assert both.titles == empty_results().titles | {"listen": "listening"}
    assert both.microphones == later.microphones
    assert both.vads == [VAD]


def test_a_file_of_another_form_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    file.write_text('{"made_at": 1}', "utf-8")
    with pytest.raises(ValueError, match="made_at"):
        read([file])


def test_an_interrupted_round_is_dropped() -> None:
    results = empty_results()
    for subject in ("shared", "lean", "process", "shared"):
        results.add(TWENTY_ROOMS, subject, performance({TWENTY: FIGURES}))
    results.keep_whole_rounds()
    measured = results.of("twenty")
    assert measured is not None
    assert [len(runs) for runs in measured.runs.values()] == [1, 1, 1]


def test_who_was_to_perform_once_does_not_limit_the_rounds() -> None:
    results = empty_results()
    for subject in ("shared", "lean", "process", "lean", "shared", "shared"):
        results.add(TWENTY_ROOMS, subject, performance({TWENTY: FIGURES}))
    results.keep_whole_rounds()
    measured = results.of("twenty")
    assert measured is not None
    assert {name: len(runs) for name, runs in measured.runs.items()} == {
        "shared": 2,
        "lean": 2,
        "process": 1,
    }
