"""A session in a room: connect, show what happens, send what the user writes, leave."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator

from livekit import rtc

from .credentials import Credentials
from .events import Disconnected, Event, Person, Wrote
from .face import Face
from .manager import Manager, ManagerFactory
from .transcript import Notice, Transcript
from .trouble import explain_refusal
from .watcher import WarningTeller, look_around, person, watch, watch_voices

SENDING_LIMIT = 5.0
"""Seconds that leaving waits for messages which are still being sent."""

_LEAVING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ConnectionFailedError(Exception):
    """The room could not be joined; `str()` is one line for the user."""


class Session:
    """A user in a room."""

    def __init__(
        self,
        credentials: Credentials,
        transcript: Transcript,
        face: Face,
        make_manager: ManagerFactory,
    ) -> None:
        """Prepare to join.

        Args:
            credentials: Where.
            transcript: Takes in what happens.
            face: Shows the transcript.
            make_manager: Makes what sends and receives for the user.
        """
        self.lost = False
        """Whether the room ended the stay, rather than the user."""
        self._staying = False
        self._credentials = credentials
        self._transcript = transcript
        self._face = face
        self._make_manager = make_manager
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._outbox: asyncio.Queue[str] = asyncio.Queue()

    async def run(self) -> None:
        """Stay until the user leaves or the room is lost.

        Raises:
            ConnectionFailedError: If there was no way in.
        """
        with self._logs_hidden(), _signals_handled(self._leave):
            await self._face.show([Notice(f"Connecting to {self._credentials.url}…")])
            async with self._joined() as (room, chat):
                look_around(room, self._events.put_nowait)
                await self._converse(chat, person(room.local_participant))

    @contextlib.contextmanager
    def _logs_hidden(self) -> Iterator[None]:
        """Keep the log of the libraries off the screen, but for messages that were given up."""
        silence, teller = logging.NullHandler(), WarningTeller(self._events.put_nowait)
        root, package = logging.getLogger(), logging.getLogger("chat")
        root.addHandler(silence)
        package.addHandler(teller)
        try:
            yield
        finally:
            package.removeHandler(teller)
            root.removeHandler(silence)

    @contextlib.asynccontextmanager
    async def _joined(self) -> AsyncIterator[tuple[rtc.Room, Manager]]:
        room = rtc.Room()
        chat = self._make_manager(room)
        watch(room, chat, self._events.put_nowait)
        voices = watch_voices(room, self._events.put_nowait)
        try:
            # Text only: nobody's audio or video is subscribed to.
            options = rtc.RoomOptions(auto_subscribe=False)
            await room.connect(self._credentials.url, self._credentials.token, options)
            yield room, chat
            await chat.aclose()
        except rtc.ConnectError as error:
            reason = explain_refusal(error.message, self._credentials)
            raise ConnectionFailedError(reason) from None
        finally:
            voices.close()
            chat.close()
            await room.disconnect()

    async def _converse(self, chat: Manager, user: Person) -> None:
        while not self._events.empty():
            await self._show_next()
        tasks = [
            asyncio.create_task(self._read(user)),
            asyncio.create_task(self._show_events()),
            asyncio.create_task(self._send(chat)),
        ]
        try:
            self._staying = True
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            self._staying = False
            for task in done:
                task.result()
            if not self.lost:
                await self._face.show(self._transcript.apply(Disconnected("You left.")))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._outbox.join(), 0 if self.lost else SENDING_LIMIT)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self, user: Person) -> None:
        number = 0
        async for line in self._face.lines():
            number += 1
            self._events.put_nowait(Wrote(user, str(number), line))
            self._outbox.put_nowait(line)

    async def _show_events(self) -> None:
        while True:
            await self._show_next()

    async def _show_next(self) -> None:
        event = await self._events.get()
        await self._face.show(self._transcript.apply(event))
        if isinstance(event, Disconnected):
            self.lost = True
            self._face.close()

    async def _send(self, chat: Manager) -> None:
        while True:
            await chat.send_message(await self._outbox.get())
            self._outbox.task_done()

    def _leave(self) -> None:
        if self._staying:
            self._staying = False
            self._face.close()
        else:
            # While joining there is nothing to tidy up yet, and while leaving a second signal means
            # now. A cancelled `connect` would end in a panic of the SDK's native threads:
            # https://github.com/livekit/rust-sdks/issues/1340
            os._exit(0)


@contextlib.contextmanager
def _signals_handled(handler: Callable[[], None]) -> Iterator[None]:
    """Call `handler` when the process is interrupted or ended, or its terminal is closed."""
    loop = asyncio.get_running_loop()
    for number in _LEAVING_SIGNALS:
        loop.add_signal_handler(number, handler)
    try:
        yield
    finally:
        for number in _LEAVING_SIGNALS:
            loop.remove_signal_handler(number)
