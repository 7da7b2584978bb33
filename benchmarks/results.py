"""All that was measured, as a value that is written to a file and read back."""

from collections.abc import Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

from pydantic import RootModel
from pydantic.dataclasses import dataclass

from benchmarks.chaos.figures import Chaos
from benchmarks.churn import Sample
from benchmarks.figures import Figures
from benchmarks.listening import Listening
from benchmarks.performance import (
    Hosting,
    Performance,
    combine_figures,
    combine_hosting,
    combine_memory,
    combine_writings,
)
from benchmarks.traffic import Traffic
from benchmarks.vads import VadFigures
from benchmarks.workloads import Program
from benchmarks.writing import Writing


@dataclass
class Measured:
    """One program, and who went through it."""

    program: Program
    runs: dict[str, list[Performance]] = field(default_factory=dict)
    """By the subject's name, its performances in order."""

    def figures(self, workload: str, subject: str) -> Figures | None:
        """What the subject's runs of a workload come to."""
        return combine_figures(self.runs.get(subject, []), workload)

    def writing(self, workload: str, subject: str) -> Writing | None:
        """What the subject's runs of a workload wrote into its store."""
        return combine_writings(self.runs.get(subject, []), workload)

    def hosting(self, subject: str) -> Hosting | None:
        """What rooms cost the subject."""
        return combine_hosting(self.runs.get(subject, []))

    def memory(self, subject: str) -> dict[int, float]:
        """The subject's memory by number of rooms."""
        return combine_memory(self.runs.get(subject, []))

    def whole_rounds(self) -> int:
        """Count the runs in which everybody performed who still was to."""
        fewer = self.program.fewer
        waiting = [
            len(runs)
            for name, runs in self.runs.items()
            if name not in fewer or len(runs) < fewer[name]
        ]
        return min(waiting, default=max(map(len, self.runs.values())))

    def stopped(self, subject: str) -> list[str]:
        """Why the subject went no further, for each run that did not end well."""
        return [run.stopped for run in self.runs.get(subject, []) if run.stopped]


@dataclass
class Results:
    """Everything."""

    made_at: str
    machine: dict[str, Any]
    """Where it was made."""

    busy_neighbours: int
    """Processes that did nothing but use a core meanwhile."""

    titles: dict[str, str]
    """Of the subjects, by their names."""

    measured: list[Measured] = field(default_factory=list)
    traffic: list[Traffic] = field(default_factory=list)

    churn: list[Sample] = field(default_factory=list)
    """What this worker took as rooms were opened and closed."""

    microphones: list[Listening] = field(default_factory=list)
    """What open microphones cost this worker."""

    tracks: list[Sample] = field(default_factory=list)
    """What this worker took as microphones were opened and closed."""

    vads: list[VadFigures] = field(default_factory=list)

    chaos: list[Chaos] = field(default_factory=list)
    """What people saw of workers that were harmed, for each store."""

    interrupted: bool = False
    """Whether it was ended early. What is there is whole rounds."""

    def add(self, program: Program, subject: str, performance: Performance) -> None:
        """Add one performance."""
        if (measured := self.of(program.name)) is None:
            measured = Measured(program)
            self.measured.append(measured)
        measured.runs.setdefault(subject, []).append(performance)

    def of(self, program: str) -> Measured | None:
        """Find what was measured with a program."""
        return next((each for each in self.measured if each.program.name == program), None)

    def keep_whole_rounds(self) -> None:
        """Drop what an interrupted round left, so that every median is of as many runs.

        A subject that never performed is absent, and limits nothing.
        """
        for measured in self.measured:
            rounds = measured.whole_rounds()
            measured.runs = {name: runs[:rounds] for name, runs in measured.runs.items()}

    def write(self, file: Path) -> None:
        """Write everything as JSON."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(RootModel[Results](self).model_dump_json(indent=1) + "\n", "utf-8")


def read(files: Sequence[Path]) -> Results:
    """Read files that `Results.write` wrote; each takes the place of what it has of those before.

    Raises:
        ValueError: If a file is not of that form.
    """
    first, *further = [
        RootModel[Results].model_validate_json(file.read_text("utf-8")).root for file in files
    ]
    for results in further:
        names = {measured.program.name for measured in results.measured}
        kept = [measured for measured in first.measured if measured.program.name not in names]
        first.measured = kept + results.measured
        first.titles |= results.titles
        first.traffic = results.traffic or first.traffic
        first.churn = results.churn or first.churn
        first.microphones = results.microphones or first.microphones
        first.tracks = results.tracks or first.tracks
        first.vads = results.vads or first.vads
        first.chaos = results.chaos or first.chaos
    return first
