"""The works with microphones that are no programs: each is done once, by this worker alone.

With three minutes for open microphones, one for those that come and go, and two for detecting voices, they
are not part of a short measurement.
"""

from collections.abc import Callable

from rich.console import Console

from benchmarks.churn import Sample
from benchmarks.hearing import churn_tracks, hear
from benchmarks.results import Results
from benchmarks.speech_tables import MICROPHONES_LEGEND, VADS_LEGEND, microphones, tracks, vads
from benchmarks.stage import Stage
from benchmarks.subjects import COUNTED_LISTENING
from benchmarks.vads import measure_vads

MICROPHONES = "microphones"
"""Name of the work that tells what open microphones cost."""

TRACKS = "tracks"
"""Name of another: microphones that are opened and closed."""

VADS = "vads"
"""Name of another: what detecting voices costs, with either package."""

SPEECH = (MICROPHONES, TRACKS, VADS)


def measure_speech(
    stage: Stage,
    results: Results,
    includes: Callable[[str], bool],
    on_step: Callable[[str], None],
) -> None:
    """Measure what is heard, as far as that is wanted.

    Args:
        stage: Where.
        results: What to add it to.
        includes: Says whether a work is wanted.
        on_step: Called with what is being done.

    Raises:
        ChildFailedError: If a worker does not get as far.
    """

    def on_sample(sample: Sample) -> None:
        results.tracks.append(sample)
        on_step(f"{sample.rooms} microphones opened and closed")

    if includes(MICROPHONES):
        with stage.crowded(COUNTED_LISTENING) as (worker, crowd):
            results.microphones.extend(hear(worker, stage.speech, crowd, on_step))
    if includes(TRACKS):
        with stage.crowded(COUNTED_LISTENING) as (worker, crowd):
            churn_tracks(worker, crowd, on_sample)
    if includes(VADS):
        results.vads.extend(measure_vads(on_step))


def show_speech(results: Results, console: Console) -> None:
    """Print what was measured as tables."""
    if results.microphones:
        console.print(microphones(results.microphones).for_terminal())
        console.print(MICROPHONES_LEGEND)
    if results.tracks:
        console.print(tracks(results.tracks).for_terminal())
    if results.vads:
        console.print(vads(results.vads).for_terminal())
        console.print(VADS_LEGEND)
