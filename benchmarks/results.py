"""The figures of all runs, their medians, and both as JSON. No I/O."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from benchmarks.figures import Figures, medians
from benchmarks.scenarios import Scenario
from benchmarks.subjects import Subject


@dataclass(slots=True)
class Results:
    """What was measured so far."""

    subjects: Sequence[Subject]
    scenarios: Sequence[Scenario]
    replies: int
    """Replies of each scenario in each run."""

    runs: dict[tuple[Scenario, str], list[Figures]] = field(default_factory=dict)
    """By scenario and subject's name, the figures of each run in order."""

    def add(self, scenario: Scenario, subject: Subject, figures: Figures) -> None:
        """Add the figures of one run."""
        self.runs.setdefault((scenario, subject.name), []).append(figures)

    def keep_whole_rounds(self) -> None:
        """Drop what an interrupted round left, so that every median is of as many runs.

        A subject that never performed is absent, and limits nothing.
        """
        rounds = min(map(len, self.runs.values()), default=0)
        self.runs = {key: runs[:rounds] for key, runs in self.runs.items()}

    def medians(self) -> dict[tuple[Scenario, str], Figures]:
        """Take the medians over the runs, for each scenario and subject."""
        return {key: medians(runs) for key, runs in self.runs.items()}

    def as_json(self) -> dict[str, object]:
        """Lay everything out for a file, medians before the runs that they come from."""
        middle = self.medians()
        return {
            "replies_per_run": self.replies,
            "scenarios": [
                {
                    "title": scenario.title,
                    "tokens": scenario.tokens,
                    "interval_us": scenario.interval_us,
                    "reply_bytes": scenario.chars,
                    "subjects": {
                        subject.name: {
                            "title": subject.title,
                            "medians": _rounded(middle[scenario, subject.name]),
                            "runs": [_rounded(run) for run in self.runs[scenario, subject.name]],
                        }
                        for subject in self.subjects
                        if (scenario, subject.name) in self.runs
                    },
                }
                for scenario in self.scenarios
            ],
        }


def _rounded(figures: Figures) -> dict[str, float]:
    return {name: round(value, 3) for name, value in asdict(figures).items()}
