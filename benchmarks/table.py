"""The results as rows, for the terminal and for documents alike."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.table import Table

from benchmarks.aims import Verdict
from benchmarks.churn import MILESTONES, Memory, Sample, growth_per_thousand, milestones
from benchmarks.figures import Figures
from benchmarks.performance import Hosting
from benchmarks.results import Measured, Results
from benchmarks.traffic import READERS, Traffic
from benchmarks.workloads import Workload

SPEED_LEGEND = (
    "Milliseconds, medians over the runs (for p95 also the range). p50, p95, max: from a token "
    "leaving the LLM to the client holding it. first: the same for the first token. turn: from "
    "sending the message to the first text. CPU: per token, of the worker with its processes. "
    "late, lost: replies with a token that took more than 2 s, and incomplete replies, of all "
    "replies in all runs. bytes: text payload that the client received for one reply."
)

HOSTING_LEGEND = (
    "MB of PSS of the worker with all its processes, medians over the runs. Each room has "
    "exchanged one message and is idle. ready: ms from a person joining a new room to an agent "
    "that listens, with four rooms opened at a time. start: p95 from the job's assignment to that "
    "moment, by the worker's clock; alone: for rooms that are opened one by one."
)


_MEMORY: dict[Memory, str] = {"pss_mb": "PSS", "rss_mb": "RSS"}


@dataclass(frozen=True, slots=True)
class Rows:
    """A table: its title, the heads of its columns, and its cells."""

    title: str
    heads: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    notes: Sequence[str] = ()
    """What does not fit into a cell."""

    def for_terminal(self) -> Table:
        """Lay it out for rich."""
        caption = "\n".join(self.notes) or None
        table = Table(
            title=self.title, title_justify="left", caption=caption, caption_justify="left"
        )
        for number, head in enumerate(self.heads):
            table.add_column(head, justify="right" if number else "left")
        for row in self.rows:
            table.add_row(*row)
        return table

    def as_markdown(self) -> str:
        """Lay it out for a document, without the title."""
        ruler = ["---", *["---:"] * (len(self.heads) - 1)]
        lines = [self.heads, tuple(ruler), *self.rows]
        table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
        return "\n\n".join([table, *self.notes])


def tabulate(results: Results) -> list[Rows]:
    """Make a table of each workload, and one of what rooms cost for each program with several."""
    tables = []
    for measured in results.measured:
        tables += [speed(results, measured, each) for each in measured.program.workloads]
        if measured.program.workloads[-1].rooms > 1:
            tables.append(hosting(results, measured))
    return tables


def summary(results: Results) -> Rows:
    """Show p50 and p95 of all workloads beside one another, subject by subject.

    Programs with microphones are left out: they compare this worker with itself.
    """
    workloads = [
        (m, w) for m in results.measured if not m.program.microphones for w in m.program.workloads
    ]
    rows = []
    for subject, title in results.titles.items():
        found = [measured.figures(workload.name, subject) for measured, workload in workloads]
        if any(found):
            cells = [_pair(each, workloads[at][1]) for at, each in enumerate(found)]
            rows.append((title, *cells))
    heads = ("p50 / p95, ms", *(workload.title for _, workload in workloads))
    return Rows("Delays", heads, rows)


def _pair(figures: Figures | None, workload: Workload) -> str:
    if figures is None:
        return ""
    fewer = f" ({figures.rooms:g} rooms)" if figures.rooms < workload.rooms else ""
    return f"{_ms(figures.p50_ms)} / {_ms(figures.p95_ms)}{fewer}"


def speed(results: Results, measured: Measured, workload: Workload) -> Rows:
    """Show the delays of one workload, subject by subject."""
    heads = ("", "p50", "p95", "max", "first", "turn", "CPU", "late", "lost", "bytes")
    rows, notes = [], []
    for subject, runs in measured.runs.items():
        title = results.titles[subject]
        reached = [run.figures[workload.name] for run in runs if workload.name in run.figures]
        short = len(reached) < len(runs) or any(each.rooms < workload.rooms for each in reached)
        if short:
            reasons = "; ".join(dict.fromkeys(measured.stopped(subject)))
            notes.append(f"{title}, {len(reached)} of {len(runs)} runs: {reasons}.")
        if len(runs) < max(map(len, measured.runs.values())):
            notes.append(f"{title}: measured in {len(runs)} run{'s' * (len(runs) > 1)} only.")
        if figures := measured.figures(workload.name, subject):
            title += f", {figures.rooms:g} rooms" if figures.rooms < workload.rooms else ""
            rows.append((title, *_speed_cells(figures, [run.p95_ms for run in reached])))
        else:
            rows.append((title, "not reached", *[""] * (len(heads) - 2)))
    return Rows(workload.title, heads, rows, notes)


def _speed_cells(figures: Figures, p95s: list[float]) -> tuple[str, ...]:
    spread = f" ({_ms(min(p95s))}-{_ms(max(p95s))})" if len(p95s) > 1 else ""
    return (
        _ms(figures.p50_ms),
        _ms(figures.p95_ms) + spread,
        _ms(figures.max_ms),
        _ms(figures.first_text_ms),
        _ms(figures.turn_ms),
        f"{figures.cpu_ms:.2f}" if figures.has_cpu else "unknown",
        f"{figures.late}/{figures.replies}",
        f"{figures.lost}/{figures.replies}",
        f"{figures.payload_bytes:.0f}",
    )


def hosting(results: Results, measured: Measured) -> Rows:
    """Show what rooms cost, subject by subject."""
    heads = (
        "",
        "no room",
        "one",
        "each further",
        "measured to",
        "ready p50",
        "p95",
        "start alone",
        "start",
    )
    rows = []
    for subject in measured.runs:
        if cost := measured.hosting(subject):
            rows.append((results.titles[subject], *_hosting_cells(cost)))
    return Rows(f"What rooms cost: {measured.program.title}", heads, rows)


def _hosting_cells(cost: Hosting) -> tuple[str, ...]:
    return (
        f"{cost.empty_mb:.0f}",
        f"{cost.one_mb:.0f}",
        "" if cost.further_mb is None else f"{cost.further_mb:.1f}",
        f"{cost.rooms} rooms",
        _ms(cost.ready_p50_ms),
        _ms(cost.ready_p95_ms),
        *("" if p95 is None else _ms(p95) for p95 in (cost.start_alone_p95_ms, cost.start_p95_ms)),
    )


def writing(results: Results) -> Rows:
    """Show what is written into stores in a second, workload by workload."""
    rows = []
    for measured in results.measured:
        for workload in measured.program.workloads:
            for subject in measured.runs:
                if written := measured.writing(workload.name, subject):
                    figures = (written.rows, written.changes, written.transactions)
                    cells = ("unknown" if each is None else f"{each:.1f}" for each in figures)
                    rows.append((f"{workload.title}: {results.titles[subject]}", *cells))
    heads = ("", "rows more each second", "rows changed", "transactions")
    return Rows("What is written into the store", heads, rows)


def traffic(measured: Iterable[Traffic]) -> Rows:
    """Show what the worker sends, dialect by dialect."""
    by_way: dict[str, list[str]] = {}
    for each in measured:
        counted = (each.packets, each.payload_bytes, each.wire_bytes)
        by_way.setdefault(each.way, []).extend(map(str, counted))
    heads = [
        head
        for readers in READERS
        for head in (f"packets, {readers} reading", "payload", "on the wire")
    ]
    rows = [(way, *cells) for way, cells in by_way.items()]
    return Rows("What the worker sends for one reply of 2200 bytes", ("", *heads), rows)


def churn(samples: Sequence[Sample]) -> Rows:
    """Show what a worker takes as rooms come and go."""
    return come_and_go("Rooms that come and go", "rooms", samples, MILESTONES, "pss_mb")


def come_and_go(
    title: str, what: str, samples: Sequence[Sample], at: Sequence[int], of: Memory
) -> Rows:
    """Show what a worker takes as something comes and goes.

    Args:
        title: Of the table.
        what: What it is, in the plural.
        samples: In order.
        at: At which numbers of it.
        of: The memory whose growth is told.
    """
    rows = [
        (
            f"{each.rooms:,}",
            f"{each.pss_mb:.0f}",
            f"{each.rss_mb:.0f}",
            str(each.threads),
            str(each.descriptors),
            str(each.tasks),
        )
        for each in milestones(samples, at)
    ]
    growth = growth_per_thousand(samples, of)
    notes = (
        []
        if growth is None
        else [f"Growth in the second half: {growth:+.1f} MB of {_MEMORY[of]} per 1,000 {what}."]
    )
    heads = (f"{what} opened and closed", "PSS", "RSS", "threads", "descriptors", "tasks")
    return Rows(title, heads, rows, notes)


def verdicts(judged: Iterable[Verdict]) -> Rows:
    """Show which aims were met."""
    rows = [(each.aim, each.measured, "yes" if each.met else "no") for each in judged]
    return Rows("Goals", ("goal", "measured", "met"), rows)


def _ms(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"
