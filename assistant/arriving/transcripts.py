"""Shows what people say as their own messages, what each says in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from chat import OwnedTasks
from speech.utterance import Utterance

SHOWING_LIMIT = 1.0
"""Seconds for which the next thing waits until words are shown: a slow link must not hold up answers."""


class ShowTranscript(Protocol):
    """`ChatManager.show_transcript`."""

    async def __call__(
        self, identity: str, transcript_id: str, text: str, *, final: bool, track_sid: str = ""
    ) -> None:
        """Show words as those of a participant, in place of what was shown under the same id."""
        ...


class Transcripts:
    """What is shown of the utterances in a room."""

    def __init__(self, show: ShowTranscript) -> None:
        """Nothing is shown yet.

        Args:
            show: Shows it in every client that can.
        """
        self._show = show
        self._newest: dict[str, str] = {}
        self._last: dict[str, asyncio.Task[None]] = {}
        self._queue = OwnedTasks()
        self._sending = OwnedTasks()

    def shown(self, utterance: Utterance) -> str:
        """The newest words of an utterance that is not finished; empty if there are none."""
        return self._newest.get(utterance.id, "")

    def show(self, utterance: Utterance, text: str) -> None:
        """Show all words so far, unless newer ones come before it can be done."""
        self._newest[utterance.id] = text
        self._enqueue(utterance, lambda: self._show_newest(utterance, text))

    def finish(self, utterance: Utterance, text: str, then: Callable[[], None]) -> None:
        """Show all words, then call `then`, at the latest after `SHOWING_LIMIT`."""
        self._newest.pop(utterance.id, None)
        self._enqueue(utterance, lambda: self._show_last(utterance, text, then))

    async def settled(self) -> None:
        """Wait until all that was said is shown, and what comes after it was called."""
        while self._queue:
            await self._queue.wait()

    def close(self) -> None:
        """Show nothing any more, and call nothing."""
        self._queue.cancel()
        self._sending.cancel()
        self._newest.clear()

    def _enqueue(self, utterance: Utterance, step: Callable[[], Awaitable[None]]) -> None:
        speaker = utterance.identity
        before = self._last.get(speaker)
        task = self._queue.spawn(_after(before, step), "transcript")
        self._last[speaker] = task
        task.add_done_callback(lambda _: self._forget(speaker, task))

    def _forget(self, speaker: str, task: asyncio.Task[None]) -> None:
        if self._last.get(speaker) is task:
            del self._last[speaker]

    async def _show_newest(self, utterance: Utterance, text: str) -> None:
        if self._newest.get(utterance.id) == text:
            await self._send(utterance, text, final=False)

    async def _show_last(self, utterance: Utterance, text: str, then: Callable[[], None]) -> None:
        await self._send(utterance, text, final=True)
        then()

    async def _send(self, utterance: Utterance, text: str, *, final: bool) -> None:
        showing = self._show(
            utterance.identity, utterance.id, text, final=final, track_sid=utterance.track_sid
        )
        # What is half sent when the limit is reached is not broken off.
        await asyncio.wait({self._sending.spawn(showing, "transcript")}, timeout=SHOWING_LIMIT)


async def _after(before: asyncio.Task[None] | None, step: Callable[[], Awaitable[None]]) -> None:
    """Do the next step, however the one before it ended."""
    if before is not None:
        await asyncio.wait({before})
    await step()
