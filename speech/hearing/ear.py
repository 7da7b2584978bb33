"""One microphone's track, heard from its subscription to its end."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress

from livekit import rtc
from livekit.agents import vad

from speech.frame import frame_of
from speech.utterance import SAMPLE_BYTES, SAMPLE_RATE

from .cutter import Cutter, Event
from .listening import Listening
from .seam import LONGEST, find_overlap

logger = logging.getLogger(__name__)

FRAME_MS = 50
"""Milliseconds of a frame: small ones cost the event loop, large ones time."""

QUEUED_FRAMES = 100
"""Frames that wait while the model is loaded or sound of before is awaited: 5 seconds."""

LATE = 0.3
"""Seconds for which sound is still on its way when its track was muted or has ended."""

KEPT_FRAMES = 6
"""Frames of a muted track that are kept: the first word may come before the news of it."""

CLOSING = 1.0
"""Seconds to close a stream, at most."""

DRAINING = 0.1
"""Seconds to take what a closed stream still has, at most."""

JOINING = 1.0
"""Seconds to wait for the first sound of a track, at most, where some of it was recorded before."""

JUDGING = 2.0
"""Seconds to judge what was heard at the end, at most."""


class Ear:
    """Hears one track. Made in any thread; all else is called in the hearing thread."""

    def __init__(
        self, track: rtc.Track, cutter: Cutter, tell: Callable[[Event], None], *, is_muted: bool
    ) -> None:
        """Hear nothing yet.

        Args:
            track: A subscribed microphone.
            cutter: Decides what is speech.
            tell: Is told what is heard.
            is_muted: Whether the track is muted now.
        """
        self._track = track
        self._cutter = cutter
        self._tell = tell
        self._is_muted = is_muted
        self._is_deaf = is_muted
        self._kept = deque[rtc.AudioFrame](maxlen=KEPT_FRAMES)
        self._listening: Listening | None = None
        self._ending = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    async def listen(
        self,
        load_model: Callable[[], Awaitable[vad.VAD]],
        get_before: Callable[[], Awaitable[bytes]],
    ) -> None:
        """Listen until `end`. Until both are here, the track's sound waits.

        Args:
            load_model: Returns what says how probable speech is.
            get_before: Returns what was said before the track was subscribed, as `Piece.sound` is.
        """
        stream = rtc.AudioStream(
            self._track,
            capacity=QUEUED_FRAMES,
            sample_rate=SAMPLE_RATE,
            num_channels=1,
            frame_size_ms=FRAME_MS,
        )
        try:
            listening = Listening(await load_model(), self._cutter, self._tell)
            try:
                await self._listen(stream, listening, await get_before())
            finally:
                await listening.aclose()
        finally:
            self._ending.set()
            self._cancel_timer()
            await _close(stream)

    def mute(self) -> None:
        """Finish what is being said, once its last sound is here; then hear nothing."""
        if not self._is_muted:
            self._is_muted = True
            self._timer = asyncio.get_running_loop().call_later(LATE, self._close_up)

    def unmute(self) -> None:
        """Hear again."""
        self._is_muted = self._is_deaf = False
        self._cancel_timer()
        while self._kept and self._listening is not None:
            self._listening.push(self._kept.popleft())

    def end(self, late: float = LATE) -> None:
        """Finish after the sound of the next `late` seconds."""
        asyncio.get_running_loop().call_later(late, self._ending.set)

    async def _listen(self, stream: rtc.AudioStream, listening: Listening, before: bytes) -> None:
        if before:
            first = b"" if self._is_deaf else await self._first(stream)
            listening.push(frame_of(before + first[find_overlap(before, first) :]))
            if self._is_deaf:
                listening.finish()
        self._listening = listening
        judging = asyncio.create_task(listening.run(), name="ear judging")
        feeding = asyncio.create_task(self._feed(stream, listening), name="ear feeding")
        ending = asyncio.create_task(self._ending.wait(), name="ear ending")
        tasks = {judging, feeding, ending}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            await _close(stream)
            # A closed stream still hands out what it has, and ends only then.
            await asyncio.wait({feeding}, timeout=DRAINING)
            listening.end()
            await asyncio.wait({judging}, timeout=JUDGING)
            # All are asked: asyncio logs, with its words, an exception that nobody asked for.
            errors = [error for task in (judging, feeding) if (error := _error_of(task))]
            if errors:
                raise errors[0]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def _first(self, stream: rtc.AudioStream) -> bytes:
        """The first sound of the track, which mostly waits already: as much as may be known of it."""
        sound = b""
        with suppress(TimeoutError):
            async with asyncio.timeout(JOINING):
                async for event in stream:
                    sound += event.frame.data.tobytes()
                    if len(sound) >= LONGEST * SAMPLE_RATE * SAMPLE_BYTES:
                        break
        return sound

    async def _feed(self, stream: rtc.AudioStream, listening: Listening) -> None:
        async for event in stream:
            if self._is_deaf:
                self._kept.append(event.frame)
            else:
                listening.push(event.frame)

    def _close_up(self) -> None:
        if self._listening is not None:
            self._is_deaf = True
            self._listening.finish()
        elif not self._ending.is_set():  # What came before is not here yet.
            self._timer = asyncio.get_running_loop().call_later(LATE, self._close_up)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


def _error_of(task: asyncio.Task[None]) -> BaseException | None:
    return task.exception() if task.done() and not task.cancelled() else None


async def _close(stream: rtc.AudioStream) -> None:
    """Close a stream, and let go of one that does not end. Nothing, if it is closed."""
    try:
        async with asyncio.timeout(CLOSING):
            await stream.aclose()
    except TimeoutError:
        logger.warning("a track's sound does not end")
