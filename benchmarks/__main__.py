"""The command line: ``python -m benchmarks [--short] [--only NAME …] [--busy N] [--out FILE]``."""

import argparse
import asyncio
import json
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.aims import judge
from benchmarks.alternation import alternate
from benchmarks.figures import LostTokensError
from benchmarks.machine import describe_machine
from benchmarks.neighbours import busy_neighbours
from benchmarks.processes import ChildFailedError
from benchmarks.results import Results
from benchmarks.scenarios import FAST, PACED
from benchmarks.stage import set_up
from benchmarks.subjects import SUBJECTS
from benchmarks.table import LEGEND, make_table, make_verdict_table
from benchmarks.tokens import GarbledReplyError
from benchmarks.traffic import Traffic, make_traffic_table, measure_traffic, traffic_as_json
from worker.devstack.errors import StackError
from worker.devstack.livekit_server import LiveKitServer, find_or_build
from worker.devstack.paths import RUN

SCENARIOS = (PACED, FAST)

INTERRUPTED = 130
"""Exit status after Ctrl-C."""


def parse_arguments() -> argparse.Namespace:
    """Read what to measure and how often."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure how fast a reply reaches the person."
    )
    parser.add_argument("--short", action="store_true", help="one run of one reply, for trying")
    parser.add_argument("--runs", type=int, default=5, help="alternated runs (5)")
    parser.add_argument("--replies", type=int, default=3, help="replies of each kind in a run (3)")
    names = [subject.name for subject in SUBJECTS]
    parser.add_argument("--only", nargs="+", choices=names, default=names, help="measure these")
    parser.add_argument(
        "--busy", type=int, default=0, help="processes that keep a core busy meanwhile (0)"
    )
    parser.add_argument("--out", type=Path, help="JSON file to write (.dev/bench/TIME.json)")
    arguments = parser.parse_args()
    if arguments.short:
        arguments.runs = arguments.replies = 1
    return arguments


def measure(results: Results, runs: int, console: Console) -> None:
    """Measure everything and show how far it is."""
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        # Drawing takes time from the cores that are measured.
        refresh_per_second=1,
    )
    replies = runs * len(results.subjects) * len(results.scenarios) * results.replies
    with progress, set_up() as stage:
        task = progress.add_task("starting", total=replies)

        def advance(title: str) -> None:
            progress.update(task, advance=1, description=title)

        alternate(stage, results, runs, advance)


def write(results: Results, conditions: dict[str, object], file: Path | None) -> Path:
    """Write everything as JSON and return where."""
    now = datetime.now(UTC)
    file = file or RUN / "bench" / f"{now:%Y%m%dT%H%M%SZ}.json"
    written = {
        "made_at": now.isoformat(timespec="seconds"),
        **conditions,
        **results.as_json(),
        "aims": [verdict.as_json() for verdict in judge(results.medians())],
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    return file


def show(results: Results, console: Console) -> None:
    """Print everything as tables."""
    for scenario in results.scenarios:
        console.print(make_table(results, scenario))
    console.print(LEGEND)
    if verdicts := judge(results.medians()):
        console.print(make_verdict_table(verdicts))


def main() -> int:
    """Measure, write the JSON file and print the tables."""
    arguments = parse_arguments()
    # A benchmark that is told to end still ends the processes it started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console(stderr=True)
    subjects = [subject for subject in SUBJECTS if subject.name in arguments.only]
    results = Results(subjects, SCENARIOS, arguments.replies)
    traffic: list[Traffic] = []
    status = 0
    try:
        machine = describe_machine([str(find_or_build(console.print)), "--version"])
        with busy_neighbours(arguments.busy):
            measure(results, arguments.runs, console)
        console.print("counting what each dialect costs on the wire")
        with LiveKitServer.start() as server:
            traffic = asyncio.run(measure_traffic(server))
    except (ChildFailedError, GarbledReplyError, LostTokensError, StackError) as error:
        console.print(str(error), style="red", markup=False)
        return 1
    except KeyboardInterrupt:
        if not results.runs:
            return INTERRUPTED
        # Minutes of measuring are not thrown away.
        results.keep_whole_rounds()
        status = INTERRUPTED
    conditions = {
        "machine": machine,
        "busy_neighbours": arguments.busy,
        "interrupted": status == INTERRUPTED,
        "traffic": traffic_as_json(traffic),
    }
    file = write(results, conditions, arguments.out)
    show(results, Console())
    if traffic:
        Console().print(make_traffic_table(traffic))
    console.print(f"Written to {file}")
    return status


if __name__ == "__main__":
    sys.exit(main())
