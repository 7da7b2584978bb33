"""Frames are played one after the other, can be paused between two samples, and go on from there."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable

from livekit import rtc

from .agent_track import QUEUE_SECONDS, AgentTrack
from .sound import FRAME_SECONDS

INAUDIBLE = 0.1
"""How much of a frame may be lost in a pause."""

_RECENT = math.ceil(QUEUE_SECONDS / FRAME_SECONDS) + 2
"""Frames that may not have sounded yet."""


class Playback:
    """Plays on a track, and knows whether it sounds."""

    def __init__(self, track: AgentTrack, on_change: Callable[[], None]) -> None:
        """Be silent.

        Args:
            track: Where to play.
            on_change: Called when `is_audible` changes.
        """
        self.is_audible = False
        """Whether sound comes out now."""
        self._track = track
        self._on_change = on_change
        self._due: deque[rtc.AudioFrame] = deque()
        self._recent: deque[rtc.AudioFrame] = deque(maxlen=_RECENT)
        self._running = asyncio.Event()
        self._running.set()
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._end: asyncio.TimerHandle | None = None

    async def play(self, frame: rtc.AudioFrame) -> None:
        """Play a frame after all that is due. Waits until most of it has sounded, and while paused.

        Raises:
            NotPlayedError: It was not taken, or not in time.
        """
        self._due.append(frame)
        await self._play_due()

    async def drain(self) -> None:
        """Wait until all that is due has sounded, also what a pause has put off."""
        while self._due or self.is_audible:
            await self._play_due()
            await self._quiet.wait()

    def pause(self) -> None:
        """Be silent at once. What has not sounded yet is due when it goes on."""
        if not self._running.is_set():
            return
        self._running.clear()
        # What has sounded in part sounds again. The clock is not exact, so a rest too short to hear
        # is none.
        count = math.ceil(self._track.queued_seconds / FRAME_SECONDS - INAUDIBLE)
        unheard = [self._recent.pop() for _ in range(min(count, len(self._recent)))]
        self._due.extendleft(unheard)
        self._stop()

    def resume(self) -> None:
        """Go on."""
        self._running.set()

    def clear(self) -> None:
        """Be silent at once, and drop what is due. A pause goes on."""
        self._due.clear()
        self._stop()

    def _stop(self) -> None:
        self._recent.clear()
        self._track.clear()
        self._cancel_end()
        self._note(is_audible=False)

    async def _play_due(self) -> None:
        while self._due:
            await self._running.wait()
            if self._due:
                await self._play_next()

    async def _play_next(self) -> None:
        frame = self._due.popleft()
        self._recent.append(frame)
        self._cancel_end()
        self._note(is_audible=True)
        await self._track.play(frame)
        if self._running.is_set():
            loop = asyncio.get_running_loop()
            self._end = loop.call_later(self._track.queued_seconds, self._ran_dry)

    def _ran_dry(self) -> None:
        self._end = None
        self._recent.clear()
        self._note(is_audible=False)

    def _cancel_end(self) -> None:
        if self._end is not None:
            self._end.cancel()
            self._end = None

    def _note(self, *, is_audible: bool) -> None:
        if is_audible == self.is_audible:
            return
        self.is_audible = is_audible
        if is_audible:
            self._quiet.clear()
        else:
            self._quiet.set()
        self._on_change()
