"""The model that tells speech from other sound. Loaded once for a process."""

from __future__ import annotations

# Imported with this module, not when the model is loaded: the plugin registers itself, which it may
# only do in the main thread, and the model is loaded in another.
from livekit.agents import vad
from livekit.plugins import silero

_NEVER = 2.0
"""No probability is as high: the plugin is not to look for speech itself."""

_ONE_WINDOW = 0.05
"""Seconds that it is to keep: enough for the window it judges."""


def load_silero() -> vad.VAD:
    """Load Silero, by livekit-plugins-silero. Takes a tenth of a second and blocks.

    Only its probabilities are used; `Cutter` decides what is speech. Any `vad.VAD` whose
    ``INFERENCE_DONE`` events bring the windows and their probabilities would do, as
    ``livekit.agents.inference.VAD()``, which has the same model and comes with livekit-agents.
    """
    return silero.VAD.load(
        sample_rate=16_000,
        activation_threshold=_NEVER,
        prefix_padding_duration=0.0,
        max_buffered_speech=_ONE_WINDOW,
    )
