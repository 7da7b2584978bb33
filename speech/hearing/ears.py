"""All ears of a process: their thread, and the model that tells speech from other sound."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future

from livekit import rtc
from livekit.agents import vad

from chat import OwnedTasks

from .cutter import Cutter
from .ear import Ear
from .early_sound import EarlySound, decode
from .hearing_thread import HearingThread
from .slots import MicrophoneSlots
from .teller import Teller

ENDING = 2.0
"""Seconds that ears have to tell what they heard when the process ends."""


class Ears:
    """Hears microphones in a thread of its own. The thread and the model come with the first one.

    All but what is private is called in the event loop of the rooms.
    """

    def __init__(
        self, find_vad: Callable[[], Callable[[], vad.VAD]], slots: MicrophoneSlots
    ) -> None:
        """Load nothing yet.

        Args:
            find_vad: Called with the first microphone. Returns what loads the model, which is called in
                another thread, and may block.
            slots: How many microphones are heard at once.
        """
        self.slots = slots
        self._model = _Model(find_vad)
        self._thread: HearingThread | None = None
        self._is_closed = False
        self._ears: set[Ear] = set()
        """Of the hearing thread, like the next."""
        self._tasks = OwnedTasks()

    def open(
        self, track: rtc.Track, teller: Teller, pause: float, *, is_muted: bool
    ) -> OpenEar | None:
        """Hear a subscribed track.

        Args:
            track: A microphone.
            teller: Is told what is heard, and when that ends.
            pause: Seconds of silence that end an utterance.
            is_muted: Whether the track is muted now.

        Returns:
            None if the process is ending: nothing is heard.
        """
        if self._is_closed:
            teller.close()
            return None
        self._model.find()
        if self._thread is None:
            self._thread = HearingThread()
        ear = Ear(track, Cutter(pause), teller.tell, is_muted=is_muted)
        opened = OpenEar(self._thread, ear)
        self._thread.call(self._begin, ear, opened.before, teller)
        return opened

    async def aclose(self) -> None:
        """End all ears, which tell what they heard, and the thread."""
        self._is_closed = True
        if self._thread is not None:
            self._thread.call(self._end_all)
            ended = self._thread.run(self._tasks.wait(ENDING))
            await asyncio.wait([asyncio.wrap_future(ended)], timeout=2 * ENDING)
            await self._thread.aclose()
            self._thread = None

    def _begin(self, ear: Ear, before: Future[EarlySound | None], teller: Teller) -> None:
        """In the hearing thread, as all that follows."""
        self._ears.add(ear)
        self._tasks.spawn(self._listen(ear, before, teller), "ear")

    async def _listen(self, ear: Ear, before: Future[EarlySound | None], teller: Teller) -> None:
        was_heard = False
        try:
            await ear.listen(self._model.load, lambda: _decoded(before))
            was_heard = True
        finally:
            self._ears.discard(ear)
            (teller.end if was_heard else teller.fail)()

    def _end_all(self) -> None:
        for ear in self._ears:
            ear.end(late=0)


class OpenEar:
    """An ear in the hearing thread, for the thread of its room."""

    def __init__(self, thread: HearingThread, ear: Ear) -> None:
        self.before: Future[EarlySound | None] = Future()
        """What was said before; must be set, and be it to None. Until then the track's sound waits."""
        self._thread = thread
        self._ear = ear

    def mute(self) -> None:
        """See `Ear.mute`."""
        self._thread.call(self._ear.mute)

    def unmute(self) -> None:
        """See `Ear.unmute`."""
        self._thread.call(self._ear.unmute)

    def end(self, late: float) -> None:
        """See `Ear.end`."""
        self._thread.call(self._ear.end, late)


class _Model:
    """Loaded by the first who wants it; by the next again, if that failed."""

    def __init__(self, find: Callable[[], Callable[[], vad.VAD]]) -> None:
        self._find = find
        self._load: Callable[[], vad.VAD] | None = None
        self._loading: asyncio.Future[vad.VAD] | None = None

    def find(self) -> None:
        """Have it ready to be loaded, in the thread of the rooms."""
        if self._load is None:
            self._load = self._find()

    async def load(self) -> vad.VAD:
        assert self._load is not None, "it was not found"
        if self._loading is None or (self._loading.done() and self._loading.exception()):
            self._loading = asyncio.get_running_loop().run_in_executor(None, self._load)
        return await asyncio.shield(self._loading)


async def _decoded(before: Future[EarlySound | None]) -> bytes:
    sound = await asyncio.wrap_future(before)
    return await decode(sound) if sound is not None else b""
