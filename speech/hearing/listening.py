"""From the frames of one microphone to the parts of utterances: voice activity, then cuts."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from livekit import rtc
from livekit.agents import vad

from speech.frame import frame_of
from speech.utterance import SAMPLE_BYTES, SAMPLE_RATE

from .cutter import Began, Cutter, Event

logger = logging.getLogger(__name__)

WINDOW = 512
"""Samples that voice activity is judged by; an incomplete window would be forgotten."""

BACKLOG = 70.0
"""Seconds that wait to be judged, at most: a recording of before, and what came meanwhile."""


class Listening:
    """Judges the sound of one microphone. Of one event loop."""

    def __init__(self, model: vad.VAD, cutter: Cutter, tell: Callable[[Event], None]) -> None:
        """Begin; `run` must run, too.

        Args:
            model: Says how probable speech is; its own idea of where speech begins is not used.
            cutter: Decides what is speech.
            tell: Is told what comes of it, in order.
        """
        self._stream = model.stream()
        self._cutter = cutter
        self._tell = tell
        self._pushed = 0
        self._judged = 0
        self._has_ended = False
        self._is_late = False
        self._breaks = deque[int]()
        """How many samples were pushed when nothing that follows belonged to them any more."""

    def push(self, frame: rtc.AudioFrame) -> None:
        """Hear a frame of `SAMPLE_RATE` and one channel. Nothing, after the end.

        What comes faster than it is judged is dropped beyond `BACKLOG`: the model's queue has no limit.
        """
        if self._has_ended:
            return
        if self._waiting < BACKLOG:
            self._push(frame)
        elif not self._is_late:
            self._is_late = True
            logger.warning("sound is lost: more comes than can be judged")

    def _push(self, frame: rtc.AudioFrame) -> None:
        self._pushed += frame.samples_per_channel
        self._stream.push_frame(frame)

    @property
    def _waiting(self) -> float:
        """Seconds that are not judged yet."""
        return (self._pushed - self._judged) / SAMPLE_RATE

    def finish(self) -> None:
        """Finish what is being said: what is pushed from now on has nothing to do with it."""
        if self._has_ended:
            return
        if missing := -self._pushed % WINDOW:
            self._push(frame_of(bytes(missing * SAMPLE_BYTES)))
        self._stream.flush()
        self._breaks.append(self._pushed)
        self._break()

    def end(self) -> None:
        """Finish, and hear nothing more. `run` returns once all is judged."""
        if self._has_ended:
            return
        self.finish()
        self._has_ended = True
        self._stream.end_input()

    async def run(self) -> None:
        """Judge what is pushed, until the end. What the model raises ends it."""
        try:
            async for event in self._stream:
                if event.type is vad.VADEventType.INFERENCE_DONE:
                    for frame in event.frames:
                        self._judge(frame, event.probability)
        finally:
            self._has_ended = True

    async def aclose(self) -> None:
        """Stop judging. What was said so far is told, if it is not yet."""
        await self._stream.aclose()
        self._tell_all(self._cutter.finish())

    def _judge(self, frame: rtc.AudioFrame, probability: float) -> None:
        self._judged += frame.samples_per_channel
        self._tell_all(self._cutter.add(frame.data.tobytes(), probability))
        self._break()

    def _break(self) -> None:
        while self._breaks and self._judged >= self._breaks[0]:
            self._breaks.popleft()
            self._tell_all(self._cutter.finish())

    def _tell_all(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Began):
                # What waits to be judged has been said, too.
                event = replace(event, age=event.age + self._waiting)
            self._tell(event)
