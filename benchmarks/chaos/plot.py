"""When the agents of all rooms were away, and what had happened to the workers, as SVG files."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from benchmarks.chaos.figures import Chaos, Kind, Span
from benchmarks.plots import COLOURS

_LINES: dict[Kind, tuple[str, str]] = {
    "kill": ("-", "killed"),
    "freeze": ("--", "frozen"),
    "end": (":", "told to end"),
}
"""How the moment is drawn at which something is done to a worker, and what it is called."""

_HEIGHT = 0.7

_SHORTEST = 0.2
"""Seconds of what is drawn: less is narrower than a line."""


def draw_chaos(runs: Sequence[Chaos], folder: Path) -> list[Path]:
    """Draw each run, and return the files."""
    files = []
    for run in runs:
        figure, axes = plt.subplots(figsize=(10, 5), layout="constrained")
        draw_run(run, axes)
        files.append(folder / f"performance-chaos-{run.memory}.svg")
        figure.savefig(files[-1], metadata={"Date": None})
        plt.close(figure)
    return files


def draw_run(run: Chaos, axes: Axes) -> None:
    """Draw a row for each room, and a line for each harm."""
    for number, room in enumerate(run.rooms, 1):
        _draw_spans(axes, number, room.silences, COLOURS["lean"], _HEIGHT)
        # Narrower, so that both are seen where there was no agent and somebody waited.
        _draw_spans(axes, number, room.absences, COLOURS["shared"], _HEIGHT / 2)
    for harm in run.harms:
        axes.axvline(harm.at, color="black", linestyle=_LINES[harm.kind][0], linewidth=0.8)
    axes.set(xlabel="seconds", ylabel="room", xlim=(0, None), ylim=(len(run.rooms) + 0.6, 0.4))
    axes.set_yticks(range(1, len(run.rooms) + 1, 2))
    axes.set_title(f"Where people waited while workers were harmed, memory: {run.memory}")
    _explain(axes)


def _draw_spans(axes: Axes, room: int, spans: Sequence[Span], colour: str, height: float) -> None:
    bars = [(since, until - since) for since, until in spans if until - since >= _SHORTEST]
    axes.broken_barh(bars, (room - height / 2, height), color=colour, linewidth=0)


def _explain(axes: Axes) -> None:
    axes.bar([0], [0], color=COLOURS["lean"], label="no text for 2 s or more")
    axes.bar([0], [0], color=COLOURS["shared"], label="no agent in the room")
    for style, name in _LINES.values():
        axes.plot([], [], color="black", linestyle=style, linewidth=0.8, label=name)
    axes.figure.legend(fontsize="small", loc="outside lower center", ncols=5)
