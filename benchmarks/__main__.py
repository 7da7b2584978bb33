"""The command line: ``python -m benchmarks [--short] [--work NAME …] [--only NAME …] …``."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.aims import judge
from benchmarks.alternation import alternate, plan
from benchmarks.chaos.harm import KINDS
from benchmarks.chaos.plot import draw_chaos
from benchmarks.chaos.run import ROOMS as CHAOS_ROOMS
from benchmarks.chaos.run import SECONDS, SHORT_SECONDS, Plan
from benchmarks.chaos.work import CHAOS, measure_chaos, show_chaos
from benchmarks.churn import Sample
from benchmarks.churning import ROOMS, SHORT_ROOMS
from benchmarks.machine import describe_machine
from benchmarks.neighbours import busy_neighbours
from benchmarks.openrtc_environment import install_openrtc
from benchmarks.processes import ChildFailedError
from benchmarks.results import Results
from benchmarks.speech import SPEECH, measure_speech, show_speech
from benchmarks.stage import set_up
from benchmarks.stores import STORES
from benchmarks.subjects import BESIDE, COUNTED, SUBJECTS, Subject, beside
from benchmarks.table import (
    HOSTING_LEGEND,
    SPEED_LEGEND,
    churn,
    tabulate,
    traffic,
    verdicts,
    writing,
)
from benchmarks.traffic import measure_traffic
from benchmarks.workloads import PROGRAMS, SHORT, Program
from worker.devstack.errors import StackError
from worker.devstack.livekit_server import LiveKitServer, find_or_build
from worker.devstack.paths import PROJECT

RESULTS = PROJECT / "benchmarks" / "results"

INTERRUPTED = 130
"""Exit status after Ctrl-C."""

CHURN = "churn"
"""Name of the work that is no program: rooms that come and go, once."""

TRAFFIC = "traffic"
"""Name of the other work that is no program: counting bytes by dialect."""


def parse_arguments() -> argparse.Namespace:
    """Read what to measure and how often."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure how fast replies reach people, and what rooms cost.",
    )
    works = [*(program.name for program in PROGRAMS), CHURN, TRAFFIC, CHAOS, *SPEECH]
    names = [subject.name for subject in SUBJECTS]
    parser.add_argument(
        "--short",
        action="store_true",
        help="one run with one reply each, up to 20 rooms, no microphones",
    )
    parser.add_argument("--runs", type=int, help="number of alternating runs (5)")
    parser.add_argument(
        "--work", nargs="+", choices=works, help="measure only these programs (all)"
    )
    parser.add_argument(
        "--only", nargs="+", choices=names, help="measure only these subjects (all)"
    )
    parser.add_argument(
        "--beside",
        type=Path,
        metavar="PYTHON",
        help="also measure this worker with the libraries of this Python",
    )
    parser.add_argument(
        "--set-up-limit",
        type=float,
        default=120,
        help="time limit in seconds for opening the rooms of a program (120)",
    )
    parser.add_argument(
        "--busy",
        type=int,
        default=0,
        help="processes that keep a core busy during the measurement (0)",
    )
    parser.add_argument(
        "--memory",
        nargs="+",
        choices=STORES,
        default=STORES,
        help="what keeps the conversations of the workers that chaos harms, one run each (all)",
    )
    parser.add_argument(
        "--seconds", type=float, help="how long chaos goes on (600, or 60 with --short)"
    )
    parser.add_argument(
        "--harm", nargs="+", choices=KINDS, default=KINDS, help="what chaos does to workers (all)"
    )
    parser.add_argument(
        "--chaos-rooms",
        type=int,
        default=CHAOS_ROOMS,
        help=f"rooms in which people ask while workers are harmed ({CHAOS_ROOMS})",
    )
    parser.add_argument(
        "--chaos-logs",
        type=Path,
        metavar="FOLDER",
        help="keep there what the harmed workers log and people see",
    )
    parser.add_argument("--out", type=Path, help="where to write the JSON file")
    return parser.parse_args()


def chosen_programs(arguments: argparse.Namespace) -> list[Program]:
    """Say what to go through."""
    programs: tuple[Program, ...] = SHORT if arguments.short else PROGRAMS
    if arguments.work:
        programs = tuple(program for program in PROGRAMS if program.name in arguments.work)
    if arguments.beside:
        programs = tuple(replace(each, subjects=(*each.subjects, BESIDE)) for each in programs)
    return [program.shortened() if arguments.short else program for program in programs]


def chosen_subjects(arguments: argparse.Namespace) -> list[Subject]:
    """Say who is measured, in order.

    Raises:
        ChildFailedError: The other environment cannot be used.
    """
    chosen = [each for each in SUBJECTS if not arguments.only or each.name in arguments.only]
    return [*chosen, beside(arguments.beside)] if arguments.beside else chosen


def chosen_chaos(arguments: argparse.Namespace) -> Plan:
    """Say what is done to workers."""
    usual = SHORT_SECONDS if arguments.short else SECONDS
    return Plan(
        arguments.seconds or usual, arguments.harm, arguments.chaos_rooms, arguments.chaos_logs
    )


def chosen_file(arguments: argparse.Namespace) -> Path:
    """Say where to write; what is not the usual never takes the place of what is."""
    less = arguments.short or arguments.runs or arguments.work or arguments.only
    whole = not (less or arguments.beside)
    return arguments.out or RESULTS / ("full.json" if whole else "latest.json")


def measure(
    results: Results,
    subjects: Sequence[Subject],
    arguments: argparse.Namespace,
    file: Path,
    console: Console,
) -> None:
    """Measure everything, showing how far it is, and write it as it comes."""
    runs = arguments.runs or (1 if arguments.short else 5)
    performances = list(plan(chosen_programs(arguments), subjects, runs))
    absent = _absent({subject for _, _, subject in performances}, console)
    progress = Progress(
        BarColumn(20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
        console=console,
        # Drawing takes time from the cores that are measured.
        refresh_per_second=1,
    )
    with progress, set_up(arguments.set_up_limit) as stage:
        task = progress.add_task("starting", total=len(performances))

        def on_step(description: str) -> None:
            progress.update(task, description=description)

        def on_performance() -> None:
            results.write(file)
            progress.advance(task)

        alternate(stage, results, performances, absent, on_step, on_performance)
        if includes(arguments, CHURN):
            rooms = SHORT_ROOMS if arguments.short else ROOMS

            def on_sample(sample: Sample) -> None:
                results.churn.append(sample)
                on_step(f"{sample.rooms} of {rooms} rooms opened and closed")

            stage.churn(COUNTED, rooms, on_sample)
            results.write(file)
        measure_speech(stage, results, partial(includes, arguments), on_step)
        results.write(file)
        if includes(arguments, CHAOS):
            measure_chaos(
                stage.llm_url, results, arguments.memory, chosen_chaos(arguments), on_step
            )
            results.write(file)


def includes(arguments: argparse.Namespace, work: str) -> bool:
    """Say whether a work is to be done that is no program."""
    if arguments.work:
        return work in arguments.work
    return not (arguments.short and work in (*SPEECH, CHAOS))


def _absent(subjects: set[Subject], console: Console) -> dict[str, str]:
    if not any(subject.name == "openrtc" for subject in subjects):
        return {}
    console.print("preparing the virtual environment of openrtc")
    reason = install_openrtc()
    if reason is None:
        return {}
    console.print(reason, style="yellow", markup=False)
    return {"openrtc": reason}


def show(results: Results, console: Console) -> None:
    """Print everything as tables."""
    for table in tabulate(results):
        console.print(table.for_terminal())
    console.print(SPEED_LEGEND)
    console.print(HOSTING_LEGEND)
    if (written := writing(results)).rows:
        console.print(written.for_terminal())
    if results.traffic:
        console.print(traffic(results.traffic).for_terminal())
    if results.churn:
        console.print(churn(results.churn).for_terminal())
    show_speech(results, console)
    show_chaos(results, console)
    if judged := judge(results):
        console.print(verdicts(judged).for_terminal())


def main() -> int:
    """Measure, write the JSON file and print the tables."""
    arguments = parse_arguments()
    # A benchmark that is stopped still stops the processes it started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console(stderr=True)
    file = chosen_file(arguments)
    status = 0
    try:
        subjects = chosen_subjects(arguments)
        results = Results(
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            machine=describe_machine([str(find_or_build(console.print)), "--version"]),
            busy_neighbours=arguments.busy,
            titles={subject.name: subject.title for subject in (*SUBJECTS, *subjects)},
        )
    except (ChildFailedError, StackError) as error:
        console.print(str(error), style="red", markup=False)
        return 1
    try:
        with busy_neighbours(arguments.busy):
            measure(results, subjects, arguments, file, console)
        if includes(arguments, TRAFFIC):
            console.print("counting the bytes of each dialect")
            with LiveKitServer.start() as server:
                results.traffic = asyncio.run(measure_traffic(server))
    except (ChildFailedError, StackError) as error:
        console.print(str(error), style="red", markup=False)
        status = 1
    except KeyboardInterrupt:
        status = INTERRUPTED
    if status:
        # Minutes of measuring are not thrown away.
        results.interrupted = True
        results.keep_whole_rounds()
    results.write(file)
    out = Console()
    # The tables are wide; where they are written to a file, its lines may be as long.
    show(results, out if out.is_terminal else Console(width=150))
    for plot in draw_chaos(results.chaos, file.parent):
        console.print(f"Drawn into {plot}")
    console.print(f"Written to {file}")
    return status


if __name__ == "__main__":
    sys.exit(main())
