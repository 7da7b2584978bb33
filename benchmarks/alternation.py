"""The order of a benchmark: every subject in turn, and all of that several times."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from benchmarks.performance import Performance
from benchmarks.results import Results
from benchmarks.stage import Stage
from benchmarks.subjects import Subject
from benchmarks.workloads import Program


def plan(
    programs: Sequence[Program], subjects: Sequence[Subject], runs: int
) -> Iterator[tuple[int, Program, Subject]]:
    """Say who performs what, in order: each run has everything once, every other run backwards.

    What disturbs the machine for a minute disturbs all subjects in the end, not one, and none is
    always measured after the same other one. Who is measured in fewer runs is so in the first.
    """
    for run in range(1, runs + 1):
        for program in programs:
            performing = [subject for subject in subjects if subject.name in program.subjects]
            for subject in performing if run % 2 else performing[::-1]:
                if run <= program.fewer.get(subject.name, runs):
                    yield run, program, subject


def alternate(
    stage: Stage,
    results: Results,
    performances: Sequence[tuple[int, Program, Subject]],
    absent: Mapping[str, str],
    on_step: Callable[[str], None],
    on_performance: Callable[[], None],
) -> None:
    """Let everybody perform, and add what was measured.

    Args:
        stage: Where.
        results: What to add it to.
        performances: Of `plan`.
        absent: Why subjects cannot perform at all, by their names.
        on_step: Called with what is being done.
        on_performance: Called after each performance.
    """
    for run, program, subject in performances:
        title = f"run {run}: {program.title}: {subject.title}"
        on_step(title)
        if reason := absent.get(subject.name):
            done = Performance(stopped=reason)
        else:
            done = stage.perform(subject, program, partial(_step, on_step, title))
        results.add(program, subject.name, done)
        on_performance()


def _step(on_step: Callable[[str], None], title: str, step: str) -> None:
    on_step(f"{title}: {step}")
