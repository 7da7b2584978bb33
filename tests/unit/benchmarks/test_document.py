import re
from pathlib import Path

from benchmarks.churn import Sample
from benchmarks.document import DOCUMENT, NOT_MEASURED, fill, make_sections
from benchmarks.plots import draw
from benchmarks.traffic import Traffic
from benchmarks.workloads import PROGRAMS
from benchmarks.writing import Writing
from tests.unit.benchmarks.samples import CHAOS, FIGURES, LISTENING, VAD, empty_results, performance

CHURN = [Sample(rooms, 100, 130, 20, 30, 7) for rooms in (0, 20, 40)]
MEMORY = [(0, 90), (1, 100), (11, 125)]


def filled_results() -> dict[str, str]:
    results = empty_results()
    for program in PROGRAMS:
        done = performance(dict.fromkeys(program.workloads, FIGURES), MEMORY)
        done.writing = {workload.name: Writing(4, 8, 1) for workload in program.workloads}
        results.add(program, "shared", done)
    results.traffic = [Traffic("stream", readers, 2, 3) for readers in (1, 10)]
    results.churn = results.tracks = CHURN
    results.microphones, results.vads, results.chaos = [LISTENING], [VAD], [CHAOS]
    return make_sections(results)


def test_what_stands_in_a_section_is_replaced_and_nothing_else() -> None:
    document = "a\n<!-- begin x -->\nold\n<!-- end x -->\nb\n"
    once = fill(document, {"x": "new"})
    assert once == "a\n<!-- begin x -->\n\nnew\n\n<!-- end x -->\nb\n"
    assert fill(once, {"x": "new"}) == once


def test_what_was_not_measured_says_so() -> None:
    assert NOT_MEASURED in fill("<!-- begin x -->\n5 ms\n<!-- end x -->", {})


def test_every_section_of_the_document_can_be_filled() -> None:
    names = re.findall(r"<!-- begin ([\w-]+) -->", DOCUMENT.read_text("utf-8"))
    assert names
    assert set(names) <= set(filled_results())


def test_plots_are_drawn_of_what_was_measured(tmp_path: Path) -> None:
    results = empty_results()
    for program in PROGRAMS:
        done = performance(dict.fromkeys(program.workloads, FIGURES), MEMORY)
        results.add(program, "shared", done)
    results.traffic = [Traffic("stream", readers, 2, 3) for readers in (1, 10)]
    results.churn = CHURN
    files = draw(results, tmp_path)
    assert [file.stem for file in files] == [
        "performance-delay",
        "performance-memory",
        "performance-cpu",
        "performance-bytes",
        "performance-churn",
    ]
    assert "this worker, shared" in files[0].read_text("utf-8")


def test_the_same_results_give_the_same_plots(tmp_path: Path) -> None:
    results = empty_results()
    results.traffic = [Traffic("stream", 1, 2, 3)]
    [first] = draw(results, tmp_path)
    before = first.read_bytes()
    assert draw(results, tmp_path) == [first]
    assert first.read_bytes() == before
