from dataclasses import replace

from benchmarks.alternation import plan
from benchmarks.subjects import SUBJECTS
from benchmarks.workloads import HUNDRED_ROOMS, ONE_ROOM, PROGRAMS


def test_every_other_run_goes_backwards() -> None:
    subjects = [subject for subject in SUBJECTS if subject.name in ("shared", "lean", "json")]
    program = replace(ONE_ROOM, fewer={})
    planned = [(run, of.name, who.name) for run, of, who in plan([program], subjects, 2)]
    assert planned == [
        (1, "one", "shared"),
        (1, "one", "lean"),
        (1, "one", "json"),
        (2, "one", "json"),
        (2, "one", "lean"),
        (2, "one", "shared"),
    ]


def test_who_takes_too_long_performs_in_the_first_runs_only() -> None:
    program = replace(ONE_ROOM, subjects=("shared", "lean", "json"), fewer={"lean": 1, "json": 2})
    planned = [(run, who.name) for run, _, who in plan([program], SUBJECTS, 3)]
    assert planned == [
        (1, "shared"),
        (1, "lean"),
        (1, "json"),
        (2, "json"),
        (2, "shared"),
        (3, "shared"),
    ]


def test_only_those_perform_whom_the_program_names() -> None:
    performing = {subject.name for _, _, subject in plan([HUNDRED_ROOMS], SUBJECTS, 1)}
    assert performing == set(HUNDRED_ROOMS.subjects)


def test_only_who_performs_can_do_so_less_often() -> None:
    for program in PROGRAMS:
        assert set(program.fewer) <= set(program.subjects)


def test_every_subject_of_a_program_exists() -> None:
    names = {subject.name for subject in SUBJECTS}
    assert {name for program in PROGRAMS for name in program.subjects} == names
