"""What was measured of microphones as rows, for the terminal and for documents alike."""

from collections.abc import Iterable, Sequence

from benchmarks.churn import Sample
from benchmarks.listening import TRACK_MILESTONES, Listening, Spent
from benchmarks.table import Rows, come_and_go
from benchmarks.vads import TITLES, VadFigures

MICROPHONES_LEGEND = (
    "Per cent of a core, of this worker's process: for each microphone, and in all. loop: the thread "
    "with the rooms' event loop in it, per cent of its time. What the same rooms take without a "
    "microphone is taken off from what each takes. MB of RSS, threads: more than without. sounds: sent to "
    "the speech service in 16 s."
)

VADS_LEGEND = (
    "CPU, loop: ms for each stream and second of sound, in all and in the event loop's thread. lag "
    "p99: ms that the event loop is late; without: where nobody listens. MB: PSS. found: sentences."
)


def microphones(measured: Sequence[Listening]) -> Rows:
    """Show what open microphones cost."""
    heads = ("", "CPU each", "loop each", "CPU", "loop", "MB", "threads", "sounds")
    idle = [("no microphone", "", "", *_percents(each.idle), "", "", "") for each in measured[:1]]
    rows = [
        (
            f"{each.microphones} microphone{'s' * (each.microphones > 1)}, {each.sound}",
            f"{each.cpu_each:.1f} %",
            f"{each.loop_each:.2f} %",
            *_percents(each.spent),
            f"{each.spent.rss_mb - each.idle.rss_mb:+.1f}",
            f"{each.spent.threads - each.idle.threads:+d}",
            str(each.spent.sounds),
        )
        for each in measured
    ]
    return Rows("Open microphones", heads, [*idle, *rows])


def _percents(spent: Spent) -> tuple[str, str]:
    return f"{spent.cpu_percent:.1f} %", f"{spent.loop_percent:.1f} %"


def tracks(samples: Sequence[Sample]) -> Rows:
    """Show what a worker takes as microphones are opened and closed."""
    title = "Microphones that are opened and closed"
    return come_and_go(title, "microphones", samples, TRACK_MILESTONES, "rss_mb")


def vads(measured: Iterable[VadFigures]) -> Rows:
    """Show what detecting voices costs."""
    heads = ("", "streams", "CPU", "loop", "lag p99", "without", "load ms", "load MB", "found")
    rows = [
        (
            TITLES[each.name],
            str(each.streams),
            f"{each.cpu_ms:.1f}",
            f"{each.loop_ms:.1f}",
            f"{each.lag_p99_ms:.1f}",
            f"{each.quiet_lag_p99_ms:.1f}",
            f"{each.load_ms:.0f}",
            f"{each.load_mb:.1f}",
            f"{each.found}/{each.spoken}",
        )
        for each in measured
    ]
    return Rows("Detecting voices", heads, rows)
