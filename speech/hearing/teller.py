"""From the thread in which a microphone is heard to the event loop of its room."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable

from speech.utterance import Piece, SoundListener, Utterance

from .cutter import Began, Event

logger = logging.getLogger(__name__)


class Teller:
    """Tells a room what one microphone hears: nothing after `close`, and no utterance without end."""

    def __init__(
        self,
        listener: SoundListener,
        identity: str,
        track_sid: str,
        on_failure: Callable[[], None],
    ) -> None:
        """Tell nothing yet. Called in the event loop of the room.

        Args:
            listener: Is told, in this event loop.
            identity: Whose microphone it is.
            track_sid: The microphone's track.
            on_failure: Called, in this event loop, if the microphone is not heard any more.
        """
        self._on_failure = on_failure
        self._listener = listener
        self._identity = identity
        self._track_sid = track_sid
        self._loop = asyncio.get_running_loop()
        self._utterance: Utterance | None = None
        self.is_closed = False
        """Whether nothing more is told."""
        self._has_ended = asyncio.Event()

    def tell(self, event: Event) -> None:
        """Tell what was heard, in order. From any thread."""
        heard_at = time.monotonic()
        self._post(lambda: self._hear(event, heard_at))

    def end(self) -> None:
        """Say that nothing more will be told. From any thread."""
        self._post(self.close)

    def fail(self) -> None:
        """Say that nothing more will be told, although there is more. From any thread."""
        self._post(self._fail)

    async def wait(self, limit: float) -> None:
        """Wait until everything was told, at most `limit` seconds. Then nothing more is."""
        try:
            async with asyncio.timeout(limit):
                await self._has_ended.wait()
        except TimeoutError:
            logger.warning("a microphone is not heard to its end")
        finally:
            self.close()

    def close(self) -> None:
        """Tell nothing more, but that an utterance ends. In the event loop of the room."""
        self.is_closed = True
        self._has_ended.set()
        self._end_utterance()

    def _post(self, callback: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(callback)
        except RuntimeError:  # The room's event loop is closed.
            logger.debug("what is heard comes too late")

    def _fail(self) -> None:
        was_heard = not self.is_closed
        self.close()
        if was_heard:
            self._on_failure()

    def _hear(self, event: Event, heard_at: float) -> None:
        if self.is_closed:
            return
        if isinstance(event, Began):
            age = event.age + time.monotonic() - heard_at
            self._begin(self._loop.time() - age)
        elif isinstance(event, Piece):
            if self._utterance is not None:
                self._listener.heard(self._utterance, event)
        else:
            self._end_utterance()

    def _begin(self, began_at: float) -> None:
        utterance_id = f"SG_{secrets.token_hex(8)}"
        self._utterance = Utterance(utterance_id, self._identity, self._track_sid, began_at)
        self._listener.began(self._utterance)

    def _end_utterance(self) -> None:
        utterance, self._utterance = self._utterance, None
        if utterance is not None:
            self._listener.ended(utterance)
