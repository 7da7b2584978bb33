"""The model that tells speech from other sound. Loaded once for a process."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from livekit.agents import vad

_NEVER = 2.0
"""No probability is as high: the plugin is not to look for speech itself."""

_ONE_WINDOW = 0.05
"""Seconds that it is to keep: enough for the window it judges."""


def find_silero() -> Callable[[], vad.VAD]:
    """Import livekit-plugins-silero, with the runtime of its model. Call it in the main thread.

    Only the model's probabilities are used; `Cutter` decides what is speech. Any `vad.VAD` whose
    ``INFERENCE_DONE`` events bring the windows and their probabilities would do, as
    ``livekit.agents.inference.VAD``, which has the same model and comes with livekit-agents.

    Returns:
        Loads the model, in any thread. Takes a tenth of a second and blocks.
    """
    # The plugin registers itself when it is imported, which it may only do in the main thread.
    from livekit.plugins import silero

    return partial(
        silero.VAD.load,
        sample_rate=16_000,
        activation_threshold=_NEVER,
        prefix_padding_duration=0.0,
        max_buffered_speech=_ONE_WINDOW,
    )
