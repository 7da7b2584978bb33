"""The interface for files and pipes: each line is sent and its reply awaited; messages are printed.

The output holds what others wrote and nothing else, so that a script can use it; what is said about
the room goes to the error output.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import TextIO

from .transcript import Entry, Mark, Message, Notice, Transcript

AGENT_LIMIT = 15.0
"""Seconds that a line waits for an agent to be ready."""

REPLY_LIMIT = 120.0
"""Seconds that a line waits for its reply to be complete."""


class PipedFace:
    """Plain text in and out, one turn after the other."""

    def __init__(
        self,
        transcript: Transcript,
        source: Iterable[str],
        output: TextIO,
        errors: TextIO,
        *,
        agent_limit: float = AGENT_LIMIT,
        reply_limit: float = REPLY_LIMIT,
    ) -> None:
        """Prepare to send and print.

        Args:
            transcript: What is shown.
            source: The lines to send. It may block: it is read in a thread of its own.
            output: Gets the messages.
            errors: Gets the notices.
            agent_limit: Seconds that a line waits for an agent to be ready.
            reply_limit: Seconds that a line waits for its reply to be complete.
        """
        self.unanswered = 0
        """Lines that got no complete reply."""
        self._transcript = transcript
        self._source = source
        self._output = output
        self._errors = errors
        self._agent_limit = agent_limit
        self._reply_limit = reply_limit
        self._input: asyncio.Queue[str | None] = asyncio.Queue()
        self._earlier: set[tuple[str, str]] = set()
        self._answered = False
        self._closed = False
        self._changed = asyncio.Event()

    async def show(self, entries: Sequence[Entry]) -> None:
        """Print `entries`; what is still growing is printed once it is complete."""
        for entry in entries:
            match entry:
                case Notice(text):
                    print(text, file=self._errors, flush=True)
                case Message(own=False):
                    print(_plain(entry), file=self._output, flush=True)
                    self._answered = self._answered or self._is_reply(entry)
        self._changed.set()

    async def lines(self) -> AsyncIterator[str]:
        """Yield each line of the source once the one before was answered."""
        self._start_reading()
        while (line := await self._input.get()) is not None and not self._closed:
            if line.strip():
                await self._meet_agent()
                self._earlier = {message.key for message in self._transcript.growing}
                self._answered = False
                yield line.rstrip("\r\n")
                await self._wait_until(self._turn_is_over, self._reply_limit)
                self.unanswered += not self._answered

    def close(self) -> None:
        """Stop waiting, for input and for replies."""
        self._closed = True
        self._input.put_nowait(None)
        self._changed.set()

    async def _meet_agent(self) -> None:
        """Wait for an agent, because one that comes later would not answer."""
        if not await self._wait_until(lambda: self._transcript.agent_ready, self._agent_limit):
            print(
                "No agent in the room; the message may not be answered.",
                file=self._errors,
                flush=True,
            )

    def _turn_is_over(self) -> bool:
        # Another process of an agent that has left may complete what it was writing.
        return self._answered or not (self._transcript.agent_here or self._transcript.growing)

    def _is_reply(self, message: Message) -> bool:
        """Whether an agent began `message` after the last line was sent, and ended it."""
        return message.agent and message.mark is Mark.NONE and message.key not in self._earlier

    async def _wait_until(self, condition: Callable[[], bool], limit: float) -> bool:
        try:
            async with asyncio.timeout(limit):
                while not condition() and not self._closed:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return condition()

    def _start_reading(self) -> None:
        # A daemon, because a read that blocks cannot be cancelled and must not delay leaving.
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, args=(loop,), name="input", daemon=True).start()

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        # The loop is closed if the user left meanwhile.
        with contextlib.suppress(RuntimeError):
            for line in self._source:
                loop.call_soon_threadsafe(self._input.put_nowait, line)
            loop.call_soon_threadsafe(self._input.put_nowait, None)


def _plain(message: Message) -> str:
    remark = f" ({message.remark})" if message.remark else ""
    return f"{message.author}{remark}: {message.text}"
