"""What people saw of the chaos, as rows for the terminal and for documents alike."""

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence

from benchmarks.chaos.figures import Chaos, Span
from benchmarks.figures import percentile
from benchmarks.table import Rows

CHAOS_LEGEND = (
    "lost: questions without a whole reply within 30 s, late: those of them that had one after all; "
    "again: asked again, as the agent had said that it was away; doubled: two replies to one "
    "question; half: replies without an end; sealed: those that broke off with two workers, and say "
    "so. Seconds: absent, no living agent was in the room; silent, somebody waited and no text came, "
    "whoever was in the room: 2 s or more."
)

_COUNTED = ("questions", "answered", "lost", "late", "again", "doubled", "half", "sealed")
"""What is shown of all rooms under its own name."""


def chaos(measured: Iterable[Chaos]) -> Rows:
    """Show what went wrong in all rooms of each run, and what was done to the workers."""
    heads = (
        "",
        *_COUNTED,
        "two agents",
        "absent p50",
        "p95",
        "max",
        "silent p50",
        "p95",
        "max",
    )
    measured = list(measured)
    return Rows("Chaos", heads, [_cells(each) for each in measured], [*map(_harmed, measured)])


def by_room(run: Chaos) -> Rows:
    """Show the rooms of one run, beside one another."""
    heads = (
        *("", "questions", "lost", "again", "doubled", "half", "sealed", "two agents"),
        *("absent", "longest", "silent", "longest"),
    )
    rows = [
        (
            f"room {number}",
            *map(str, (room.questions, room.lost, room.again, room.doubled, room.half)),
            *map(str, (room.sealed, room.together)),
            f"{total(room.absences):.0f}",
            f"{longest(room.absences):.1f}",
            f"{total(room.silences):.0f}",
            f"{longest(room.silences):.1f}",
        )
        for number, room in enumerate(run.rooms, 1)
    ]
    return Rows(f"Chaos, room by room: memory {run.memory}", heads, rows)


def longest(spans: Sequence[Span]) -> float:
    """The longest of them, in seconds; 0 if there is none."""
    return max((until - since for since, until in spans), default=0.0)


def total(spans: Sequence[Span]) -> float:
    """All of them, in seconds."""
    return sum(until - since for since, until in spans)


def _cells(run: Chaos) -> tuple[str, ...]:
    def all_rooms(of: str) -> str:
        return str(sum(getattr(room, of) for room in run.rooms))

    return (
        f"memory: {run.memory}",
        *map(all_rooms, (*_COUNTED, "together")),
        *_lengths([span for room in run.rooms for span in room.absences]),
        *_lengths([span for room in run.rooms for span in room.silences]),
    )


def _lengths(spans: Sequence[Span]) -> tuple[str, str, str]:
    if not spans:
        return ("", "", "")
    lengths = [until - since for since, until in spans]
    shown = (statistics.median(lengths), percentile(lengths, 0.95), max(lengths))
    p50, p95, most = (f"{each:.1f}" for each in shown)
    return p50, p95, most


def _harmed(run: Chaos) -> str:
    kinds = Counter(harm.kind for harm in run.harms)
    done = f"{kinds['kill']} killed, {kinds['freeze']} frozen, {kinds['end']} told to end"
    never = sum(room.forsaken for room in run.rooms)
    forsaken = f" {never} rooms had no agent in the end." if never else ""
    return (
        f"memory {run.memory}: {len(run.rooms)} rooms, {run.workers} workers, {run.seconds:.0f} s: "
        f"{done}.{forsaken}"
    )
