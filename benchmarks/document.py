"""Fills ``docs/performance.md`` and draws its plots: ``python -m benchmarks.document``.

The text is written by hand, except what is between ``<!-- begin NAME -->`` and
``<!-- end NAME -->``: that comes from result files and from nowhere else.
"""

import argparse
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks import speech_tables, table
from benchmarks.aims import judge
from benchmarks.capacity import measured_costs, plan_capacity
from benchmarks.chaos.plot import draw_chaos
from benchmarks.chaos.tables import chaos
from benchmarks.plots import draw
from benchmarks.results import Results, read
from worker.devstack.paths import PROJECT

DOCS = PROJECT / "docs"
DOCUMENT = DOCS / "performance.md"
_RESULTS = PROJECT / "benchmarks" / "results"
FULL = _RESULTS / "full.json"
CHAOS = _RESULTS / "chaos.json"
"""What is not part of each full measurement, as it takes half an hour."""

_SECTION = re.compile(
    r"(?P<begin><!-- begin (?P<name>[\w-]+) -->\n).*?(?P<end><!-- end \2 -->)", re.S
)

NOT_MEASURED = "Not measured."


def fill(document: str, sections: Mapping[str, str]) -> str:
    """Put the sections where the document has their names; one that is missing says so."""

    def replace(found: re.Match[str]) -> str:
        text = sections.get(found["name"], NOT_MEASURED)
        return f"{found['begin']}\n{text}\n\n{found['end']}"

    return _SECTION.sub(replace, document)


def make_sections(results: Results) -> dict[str, str]:
    """Lay out everything that was measured, by the name of its section."""
    sections = {
        "made": _made(results),
        "aims": table.verdicts(judge(results)).as_markdown(),
        "summary": table.summary(results).as_markdown(),
    }
    for measured in results.measured:
        for workload in measured.program.workloads:
            sections[workload.name] = table.speed(results, measured, workload).as_markdown()
        rows = table.hosting(results, measured)
        sections[f"hosting-{measured.program.name}"] = rows.as_markdown()
    if (written := table.writing(results)).rows:
        sections["writing"] = written.as_markdown()
    if results.traffic:
        sections["traffic"] = table.traffic(results.traffic).as_markdown()
    if results.churn:
        sections["churn"] = table.churn(results.churn).as_markdown()
    if results.microphones:
        sections["microphones"] = speech_tables.microphones(results.microphones).as_markdown()
    if results.tracks:
        sections["tracks"] = speech_tables.tracks(results.tracks).as_markdown()
    if results.vads:
        sections["vads"] = speech_tables.vads(results.vads).as_markdown()
    if results.chaos:
        sections["chaos"] = chaos(results.chaos).as_markdown()
    if costs := measured_costs(results):
        sections["capacity"] = plan_capacity(costs).as_markdown()
    return sections


def _made(results: Results) -> str:
    machine = results.machine
    libraries = ", ".join(f"{name} {of}" for name, of in machine["libraries"].items())
    counts = [len(each) for measured in results.measured for each in measured.runs.values()]
    runs = max(counts, default=1)
    lines = [
        f"Measured on {results.made_at[:10]} in {runs} alternating run{'s' * (runs > 1)} on "
        f"{machine['cores']} cores ({machine['processor']}), {machine['memory_gb']} GB, load "
        f"average {machine['load_average'][0]} at the start; {machine['livekit-server']}, "
        f"Python {machine['python']}, {libraries}; commit {str(machine['commit'])[:10]}"
        f"{' with local changes' * bool(machine['uncommitted_changes'])}.",
    ]
    if results.busy_neighbours:
        lines.append(f"Meanwhile, {results.busy_neighbours} processes kept a core busy each.")
    if results.interrupted:
        lines.append("The measurement was stopped early.")
    return "\n".join(lines)


def main() -> int:
    """Read the files, fill the document and draw the plots."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.document",
        description="Write the results into docs/performance.md.",
    )
    parser.add_argument(
        "files",
        nargs="*",
        type=Path,
        default=[FULL, CHAOS],
        help="result files; values in later files replace those in earlier ones (full.json, chaos.json)",
    )
    try:
        results = read(parser.parse_args().files)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sections = make_sections(results)
    DOCUMENT.write_text(fill(DOCUMENT.read_text("utf-8"), sections), "utf-8")
    for file in [DOCUMENT, *draw(results, DOCS), *draw_chaos(results.chaos, DOCS)]:
        print(file.relative_to(PROJECT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
