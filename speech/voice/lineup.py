"""What waits to be spoken in a room: replies one after the other, of which sounds are asked for in time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from chat import OwnedTasks
from speech.trouble import TroubleError
from speech.utterance import Trouble

from .sound import Sound
from .spoken_reply import SpokenReply
from .synthesizer import Synthesizer

AHEAD = 2
"""Sounds there are at most: one is played, the next one is asked for."""


@dataclass(frozen=True)
class _Request:
    """A sound on its way."""

    sound: Sound
    reply: SpokenReply
    """Whose words it is."""
    task: asyncio.Task[None]
    """Asks for it."""


class Lineup:
    """Keeps the order of replies, and asks for one sound after the other."""

    def __init__(
        self,
        synthesizer: Synthesizer,
        *,
        is_worth_it: Callable[[], bool],
        on_sound: Callable[[], None],
        on_broken_off: Callable[[], None],
        on_trouble: Callable[[Trouble], None],
    ) -> None:
        """Be empty.

        Args:
            synthesizer: Turns words into sound.
            is_worth_it: Whether anybody hears what is asked for now; else it is dropped.
            on_sound: Called when there is a `first` sound.
            on_broken_off: Called when that is not to be played any further, before another is first.
            on_trouble: Called once for a reply that could not be spoken to its end.
        """
        self._synthesizer = synthesizer
        self._is_worth_it = is_worth_it
        self._on_sound = on_sound
        self._on_broken_off = on_broken_off
        self._on_trouble = on_trouble
        self._replies: deque[SpokenReply] = deque()
        self._requests: deque[_Request] = deque()
        self._tasks = OwnedTasks()

    @property
    def first(self) -> Sound | None:
        """What is to be played, complete or not; None if there is nothing now."""
        return self._requests[0].sound if self._requests else None

    def add_reply(self) -> SpokenReply:
        """Return a reply that comes after those before it."""
        reply = SpokenReply(self._go_on, self._drop)
        self._replies.append(reply)
        return reply

    def drop_first(self) -> None:
        """Go on: the first sound was played."""
        self._requests.popleft().reply.sounds -= 1
        self._go_on()

    def drop_all(self) -> None:
        """Drop all sounds and all replies, with what is still written of these."""
        replies, requests = list(self._replies), list(self._requests)
        self._replies.clear()
        self._take_out(requests)
        for reply in replies:
            reply.give_up()
        if requests:
            self._on_broken_off()

    async def ended(self) -> None:
        """Wait until all requests have ended; `drop_all` ends them."""
        await self._tasks.wait()

    def _drop(self, reply: SpokenReply) -> None:
        """Play no more of a reply, and go on with the next one."""
        was_first = bool(self._requests) and self._requests[0].reply is reply
        self._take_out(request for request in list(self._requests) if request.reply is reply)
        if was_first:
            self._on_broken_off()
        self._go_on()

    def _take_out(self, unwanted: Iterable[_Request]) -> None:
        for request in unwanted:
            self._requests.remove(request)
            request.reply.sounds -= 1
            request.task.cancel()

    def _go_on(self) -> None:
        """Ask for the next sound if it is due: one at a time, so that the first comes first."""
        while self._is_due and (reply := self._next_reply()) is not None:
            text = reply.take()
            if text and self._is_worth_it():
                sound = Sound(text)
                task = self._tasks.spawn(self._ask_for(sound, reply), "synthesis")
                self._requests.append(_Request(sound, reply, task))
                reply.sounds += 1
        if self._requests:
            self._on_sound()

    @property
    def _is_due(self) -> bool:
        return not self._requests or (
            len(self._requests) < AHEAD and self._requests[-1].sound.has_ended
        )

    def _next_reply(self) -> SpokenReply | None:
        """The reply that has something to say next; None if there is nothing, or not yet."""
        while self._replies and self._replies[0].is_taken:
            self._replies.popleft()
        return self._replies[0] if self._replies and self._replies[0].has_words else None

    async def _ask_for(self, sound: Sound, reply: SpokenReply) -> None:
        try:
            await self._synthesizer.synthesize(sound.text, sound.add)
        except TroubleError as error:
            # What came of it is played, and the rest of the reply is not spoken.
            if not reply.is_given_up:
                reply.give_up()
                self._on_trouble(error.trouble)
        finally:
            sound.end()
            self._go_on()
