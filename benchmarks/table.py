"""The results as tables for people."""

from collections.abc import Iterable

from rich.table import Table

from benchmarks.aims import Verdict
from benchmarks.figures import Figures
from benchmarks.results import Results
from benchmarks.scenarios import Scenario

_COLUMNS = ("p50", "p95", "max", "first", "turn", "updates", "bytes")

LEGEND = (
    "Milliseconds, medians of the runs' figures (for p95 also the least and the greatest). "
    "p50, p95, max: from a token leaving the LLM to the client holding it; first: the same for "
    "the first token. turn: from sending the message to the first text, less the LLM's own time. "
    "updates: arrivals of text. bytes: text payload the client received."
)


def make_table(results: Results, scenario: Scenario) -> Table:
    """Show one scenario's subjects side by side."""
    table = Table(
        title=f"One person: {scenario.title}, {scenario.chars} bytes", title_justify="left"
    )
    table.add_column("")
    for column in _COLUMNS:
        table.add_column(column, justify="right", no_wrap=True)
    middles = results.medians()
    for subject in results.subjects:
        runs = results.runs.get((scenario, subject.name))
        if runs:
            table.add_row(subject.title, *_cells(middles[scenario, subject.name], runs))
    return table


def _cells(middle: Figures, runs: list[Figures]) -> list[str]:
    p95s = [run.p95_ms for run in runs]
    spread = f" ({_ms(min(p95s))}-{_ms(max(p95s))})" if len(runs) > 1 else ""
    return [
        _ms(middle.p50_ms),
        _ms(middle.p95_ms) + spread,
        _ms(middle.max_ms),
        _ms(middle.first_text_ms),
        _ms(middle.turn_ms),
        f"{middle.updates:.0f}",
        f"{middle.payload_bytes:.0f}",
    ]


def _ms(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"


def make_verdict_table(verdicts: Iterable[Verdict]) -> Table:
    """Show which aims were met."""
    table = Table("aim", "measured", "met")
    for verdict in verdicts:
        table.add_row(verdict.aim, verdict.measured, "yes" if verdict.met else "[bold]no[/bold]")
    return table
