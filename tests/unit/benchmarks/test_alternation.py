from benchmarks.alternation import plan
from benchmarks.subjects import SUBJECTS
from benchmarks.workloads import HUNDRED_ROOMS, ONE_ROOM, PROGRAMS


def test_every_other_run_goes_backwards() -> None:
    subjects = [subject for subject in SUBJECTS if subject.name in ("shared", "lean", "json")]
    planned = [(run, of.name, who.name) for run, of, who in plan([ONE_ROOM], subjects, 2)]
    assert planned == [
        (1, "one", "shared"),
        (1, "one", "lean"),
        (1, "one", "json"),
        (2, "one", "json"),
        (2, "one", "lean"),
        (2, "one", "shared"),
    ]


def test_only_those_perform_whom_the_program_names() -> None:
    performing = {subject.name for _, _, subject in plan([HUNDRED_ROOMS], SUBJECTS, 1)}
    assert performing == set(HUNDRED_ROOMS.subjects)


def test_every_subject_of_a_program_exists() -> None:
    names = {subject.name for subject in SUBJECTS}
    assert {name for program in PROGRAMS for name in program.subjects} == names
