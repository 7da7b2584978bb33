"""A model of voice activity that goes by loudness, so that tones can stand for speech."""

from __future__ import annotations

import numpy as np
from livekit import rtc
from livekit.agents import vad

from speech.hearing.listening import WINDOW
from speech.hearing.stretch import peak_of
from speech.utterance import SAMPLE_BYTES, SAMPLE_RATE


class LoudnessVad(vad.VAD):
    """Judges windows as Silero does, by another measure."""

    def __init__(self, fails_after: int | None = None) -> None:
        """Make a model.

        Args:
            fails_after: After how many windows a stream fails; None for never.
        """
        super().__init__(capabilities=vad.VADCapabilities(update_interval=WINDOW / SAMPLE_RATE))
        self.fails_after = fails_after

    def stream(self) -> vad.VADStream:
        return _Stream(self)


class _Stream(vad.VADStream):
    def __init__(self, model: LoudnessVad) -> None:
        super().__init__(model)
        self._fails_after = model.fails_after

    async def _main_task(self) -> None:
        kept, windows = b"", 0
        async for frame in self._input_ch:
            if not isinstance(frame, rtc.AudioFrame):
                kept = b""  # A flush: an incomplete window is forgotten, as by Silero.
                continue
            kept += frame.data.tobytes()
            while len(kept) >= WINDOW * SAMPLE_BYTES:
                window, kept = kept[: WINDOW * SAMPLE_BYTES], kept[WINDOW * SAMPLE_BYTES :]
                windows += 1
                if self._fails_after is not None and windows > self._fails_after:
                    raise RuntimeError("the model has failed")
                self._event_ch.send_nowait(_judged(window))


def _judged(window: bytes) -> vad.VADEvent:
    return vad.VADEvent(
        type=vad.VADEventType.INFERENCE_DONE,
        samples_index=0,
        timestamp=0.0,
        speech_duration=0.0,
        silence_duration=0.0,
        frames=[rtc.AudioFrame(window, SAMPLE_RATE, 1, WINDOW)],
        probability=0.95 if peak_of(window) > 1000 else 0.01,
    )


def tone(seconds: float, rate: int = SAMPLE_RATE, loudness: int = 12_000) -> bytes:
    """A sound that counts as speech."""
    times = np.arange(int(seconds * rate)) / rate
    return (loudness * np.sin(2 * np.pi * 300 * times)).astype(np.int16).tobytes()


def silence(seconds: float, rate: int = SAMPLE_RATE) -> bytes:
    """A sound that does not."""
    return bytes(int(seconds * rate) * SAMPLE_BYTES)


def sweep(seconds: float, rate: int = SAMPLE_RATE) -> bytes:
    """A tone that rises, so that no part of it is like another."""
    times = np.arange(int(rate * seconds)) / rate
    height = 200 * times + 150 * times**2
    return (8000 * np.sin(2 * np.pi * height)).astype(np.int16).tobytes()
