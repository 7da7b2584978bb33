"""The order of a benchmark: every subject in turn, and all of that several times."""

from collections.abc import Callable
from functools import partial

from benchmarks.figures import Figures, Reply, summarize
from benchmarks.results import Results
from benchmarks.scenarios import Scenario
from benchmarks.stage import Stage

OnReply = Callable[[str], None]
"""Called after each reply with a description of what is being done."""


def alternate(stage: Stage, results: Results, runs: int, on_reply: OnReply) -> None:
    """Let the subjects perform in turn, ``runs`` times, and add what was measured.

    What disturbs the machine for a minute disturbs all of them, not one.

    Raises:
        ChildFailedError: If a process fails.
        LostTokensError: If a reply is incomplete.
    """
    plan = [scenario for scenario in results.scenarios for _ in range(results.replies)]
    for run in range(1, runs + 1):
        for subject in results.subjects:
            title = f"run {run} of {runs}: {subject.title}"
            replies = stage.perform(subject, plan, partial(on_reply, title))
            for scenario in results.scenarios:
                own = [reply for of, reply in zip(plan, replies, strict=True) if of == scenario]
                results.add(scenario, subject, _figures(scenario, own))


def _figures(scenario: Scenario, replies: list[Reply]) -> Figures:
    return summarize(replies, tokens=scenario.tokens, interval_us=scenario.interval_us)
