"""What the project aims at, held against what was measured. No I/O.

An aim that is missed is reported and nothing more: a machine that is busy with other work must
not break a build.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from benchmarks.figures import Figures
from benchmarks.scenarios import FAST, PACED, Scenario

SLACK_MS = 1.0
"""How much later than RoomIO's a reply's p95 may be at an ordinary pace."""

SHARE = 0.2
"""What share of RoomIO's p95 it may be at a fast pace."""

PAYLOAD_RATIO = 1.2
"""How many bytes may be sent for each byte of the reply."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One aim and whether it was met."""

    aim: str
    measured: str
    met: bool

    def as_json(self) -> dict[str, object]:
        """Lay it out for a file."""
        return asdict(self)


def judge(medians: Mapping[tuple[Scenario, str], Figures]) -> list[Verdict]:
    """Hold the medians of each scenario and subject against those aims that they allow to judge."""
    verdicts = []
    if pair := _pair(medians, PACED):
        worker, roomio = pair
        later = worker.p95_ms - roomio.p95_ms
        aim = f"{PACED.title}: p95 at most {SLACK_MS:g} ms after RoomIO's"
        verdicts.append(Verdict(aim, f"{later:+.1f} ms", later <= SLACK_MS))
    if pair := _pair(medians, FAST):
        worker, roomio = pair
        share = worker.p95_ms / roomio.p95_ms
        aim = f"{FAST.title}: p95 at most {SHARE:g} of RoomIO's"
        verdicts.append(Verdict(aim, f"{share:.2f}", share <= SHARE))
    for scenario in (PACED, FAST):
        if figures := medians.get((scenario, "worker")):
            ratio = figures.payload_bytes / scenario.chars
            aim = f"{scenario.title}: at most {PAYLOAD_RATIO:g} bytes for each byte of the reply"
            verdicts.append(Verdict(aim, f"{ratio:.2f}", ratio <= PAYLOAD_RATIO))
    return verdicts


def _pair(
    medians: Mapping[tuple[Scenario, str], Figures], scenario: Scenario
) -> tuple[Figures, Figures] | None:
    worker, roomio = medians.get((scenario, "worker")), medians.get((scenario, "roomio"))
    return (worker, roomio) if worker and roomio else None
