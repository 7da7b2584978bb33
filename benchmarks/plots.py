"""Plots of the results as SVG files."""

from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from benchmarks.figures import Figures
from benchmarks.results import Results
from benchmarks.workloads import HUNDRED, ONE_PACED, TEN, TEN_AMONG_IDLE, TWENTY, Workload

WORKLOADS = (ONE_PACED, TEN, TWENTY, HUNDRED)
"""Workloads of which delays are drawn, by number of rooms."""

COLOURS = {
    "shared": "#0072b2",
    "listen": "#000000",
    "sqlite": "#882255",
    "postgresql": "#332288",
    "process": "#56b4e9",
    "default": "#d55e00",
    "lean": "#e69f00",
    "thread": "#cc79a7",
    "openrtc": "#009e73",
    "json": "#7f7f7f",
}
"""By subject; told apart by those who do not see all colours."""

mpl.use("svg")
# The same results give the same file, and a reader's own font is used.
mpl.rcParams.update({"svg.hashsalt": "benchmarks", "svg.fonttype": "none", "figure.dpi": 72})


def draw(results: Results, folder: Path) -> list[Path]:
    """Draw everything that the results allow, and return the files."""
    drawers: dict[str, Callable[[Results, Axes], None]] = {
        "delay": draw_delay,
        "memory": draw_memory,
        "cpu": draw_cpu,
        "bytes": draw_bytes,
        "churn": draw_churn,
    }
    files = []
    for name, drawer in drawers.items():
        figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
        drawer(results, axes)
        if axes.has_data():
            files.append(folder / f"performance-{name}.svg")
            figure.savefig(files[-1], metadata={"Date": None})
        plt.close(figure)
    return files


def draw_delay(results: Results, axes: Axes) -> None:
    """Draw p95 of the delay against the number of busy rooms."""
    for subject, title in results.titles.items():
        points = [
            (workload.busy, figures.p95_ms)
            for workload in WORKLOADS
            if (figures := _figures(results, workload, subject))
        ]
        if points:
            axes.plot(*zip(*points, strict=True), "o-", color=COLOURS[subject], label=title)
    if not axes.has_data():
        return
    axes.set(xscale="log", yscale="log", xlabel="busy rooms", ylabel="p95 of the delay, ms")
    axes.set_xticks([workload.busy for workload in WORKLOADS])
    axes.set_xticklabels([f"{each.busy}\n{each.scenario.pace:g}/s" for each in WORKLOADS])
    axes.minorticks_off()
    axes.set_title("Delay against rooms (tokens a second in each room below)")
    _finish(axes)


def draw_memory(results: Results, axes: Axes) -> None:
    """Draw memory against the number of rooms."""
    for subject, title in results.titles.items():
        memory: dict[int, float] = {}
        for measured in results.measured:
            memory |= {at: mb for at, mb in measured.memory(subject).items() if at}
        if len(memory) > 1:
            points = sorted(memory.items())
            axes.plot(*zip(*points, strict=True), "o-", color=COLOURS[subject], label=title)
    if not axes.has_data():
        return
    axes.set(xscale="log", yscale="log", xlabel="rooms, all quiet", ylabel="PSS, MB")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter("{x:g}")
    axes.set_title("Memory of the worker's processes against rooms")
    _finish(axes)


def draw_cpu(results: Results, axes: Axes) -> None:
    """Draw the CPU time for each token, workload by workload."""
    workloads = [
        workload
        for workload in (TEN, TEN_AMONG_IDLE, TWENTY, HUNDRED)
        if any(_figures(results, workload, subject) for subject in results.titles)
    ]
    width = 0.8 / len(results.titles)
    for place, (subject, title) in enumerate(results.titles.items()):
        bars = [
            (number + place * width, figures.cpu_ms)
            for number, workload in enumerate(workloads)
            if (figures := _figures(results, workload, subject)) and figures.has_cpu
        ]
        if bars:
            places, heights = zip(*bars, strict=True)
            axes.bar(places, heights, width, color=COLOURS[subject], label=title)
    if not axes.has_data():
        return
    axes.set_xticks([number + 0.4 - width / 2 for number in range(len(workloads))])
    axes.set_xticklabels([each.title.replace(", ", ",\n", 1) for each in workloads])
    axes.set(ylabel="CPU for each token, ms")
    axes.set_title("CPU of the worker's processes for each token")
    _finish(axes)


def draw_bytes(results: Results, axes: Axes) -> None:
    """Draw the bytes that one reply takes, dialect by dialect."""
    sent = [each for each in results.traffic if each.readers == 1][::-1]
    if not sent:
        return
    bars = axes.barh([each.way for each in sent], [each.payload_bytes for each in sent])
    axes.bar_label(bars, [f" {each.payload_bytes:,}, {each.packets} packets" for each in sent])
    axes.set(xscale="log", xlabel="bytes of payload", xlim=(1000, 2e6))
    axes.set_title("What the worker sends for a reply of 2,200 bytes")


def draw_churn(results: Results, axes: Axes) -> None:
    """Draw the memory of a worker against the rooms that it has had."""
    if not results.churn:
        return
    rooms = [sample.rooms for sample in results.churn]
    for label, memory, colour in (
        ("RSS", [sample.rss_mb for sample in results.churn], COLOURS["default"]),
        ("PSS", [sample.pss_mb for sample in results.churn], COLOURS["shared"]),
    ):
        axes.plot(rooms, memory, color=colour, label=label)
    axes.set(xlabel="rooms opened and closed", ylabel="MB", ylim=(0, None))
    axes.set_title("Memory of this worker, shared, as rooms come and go")
    _finish(axes)


def _figures(results: Results, workload: Workload, subject: str) -> Figures | None:
    for measured in results.measured:
        if workload.name in {each.name for each in measured.program.workloads}:
            return measured.figures(workload.name, subject)
    return None


def _finish(axes: Axes) -> None:
    axes.grid(axis="y", alpha=0.3)
    axes.legend(fontsize="small")
