"""Who is measured, and this worker in another environment among them."""

import argparse
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from benchmarks.__main__ import chosen_file, chosen_programs, chosen_subjects, includes
from benchmarks.alternation import plan
from benchmarks.chaos.work import CHAOS
from benchmarks.processes import ChildFailedError
from benchmarks.speech import SPEECH
from benchmarks.subjects import SUBJECTS
from tests.unit.worker.devstack.programs import write_program


def arguments(**given: object) -> argparse.Namespace:
    usual = {"short": False, "work": None, "only": ["shared"], "runs": None, "out": None}
    return argparse.Namespace(**(usual | {"beside": Path(sys.executable)} | given))


def test_this_worker_is_measured_in_turn_with_another_environment() -> None:
    told = arguments(work=["twenty"])
    planned = [
        (run, subject.title)
        for run, _, subject in plan(chosen_programs(told), chosen_subjects(told), 2)
    ]
    ours, other = "this worker, shared", f"this worker, shared, livekit {version('livekit')}"
    assert planned == [(1, ours), (1, other), (2, other), (2, ours)]


def test_each_runs_with_its_own_python(tmp_path: Path) -> None:
    other = tmp_path / "python"
    write_program(other, f'exec {sys.executable} "$@"')
    commands = [each.command for each in chosen_subjects(arguments(beside=other))]
    assert commands == [(sys.executable, "agent.py", "start"), (str(other), "agent.py", "start")]


def test_it_never_takes_the_place_of_the_usual_results() -> None:
    assert chosen_file(arguments(only=None)).name == "latest.json"
    assert chosen_file(arguments(only=None, beside=None)).name == "full.json"


@pytest.mark.parametrize("python", ["/nowhere/python", "/bin/false"])
def test_a_python_without_livekit_is_named(python: str) -> None:
    with pytest.raises(ChildFailedError, match=f"{python} has no livekit"):
        chosen_subjects(arguments(beside=Path(python)))


@pytest.mark.parametrize("work", [*SPEECH, CHAOS])
def test_what_takes_long_is_not_part_of_a_short_measurement_unless_it_is_asked_for(
    work: str,
) -> None:
    assert includes(arguments(), work)
    assert includes(arguments(short=True, work=[work]), work)
    assert not includes(arguments(short=True), work)
    assert not includes(arguments(work=["churn"]), work)


def test_one_subject_listens() -> None:
    assert [subject.name for subject in SUBJECTS if subject.listens] == ["listen"]


def test_two_subjects_keep_their_conversations() -> None:
    kept = {subject.name: subject.store for subject in SUBJECTS if subject.store != "none"}
    assert kept == {"sqlite": "sqlite", "postgresql": "postgresql"}
