"""What the agent says in one room: replies are spoken one after the other, sentence by sentence."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from livekit import rtc

from chat import OwnedTasks, failure_fields
from speech.trouble import TroubleError
from speech.utterance import Trouble, Utterance

from .agent_track import AgentTrack, NotPlayedError
from .echo import EchoMemory
from .playback import Playback
from .sound import Sound
from .spoken_reply import SpokenReply
from .synthesizer import Synthesizer

logger = logging.getLogger(__name__)

AHEAD = 2
"""Sounds there are at most: one is played, the next one is asked for."""

_WITH_EARS = (
    rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD,
    rtc.ParticipantKind.PARTICIPANT_KIND_SIP,
)


@dataclass(frozen=True)
class _Spoken:
    """Words whose sound is on its way."""

    sound: Sound
    reply: SpokenReply
    """Whose words they are."""
    task: asyncio.Task[None]
    """Asks for the sound."""


class Voice:
    """Speaks in a room. There is no task, no track and no request before there is something to say."""

    def __init__(
        self,
        room: rtc.Room,
        synthesizer: Synthesizer,
        *,
        on_trouble: Callable[[Trouble], None],
    ) -> None:
        """Be silent. Needs a running loop.

        Args:
            room: Where to speak.
            synthesizer: Turns words into sound.
            on_trouble: Called once for a reply that could not be spoken to its end.
        """
        self._room = room
        self._synthesizer = synthesizer
        self.on_change: Callable[[], None] = lambda: None
        """Called when `is_audible` or `is_speaking` changes."""
        self._on_trouble = on_trouble
        self._replies: deque[SpokenReply] = deque()
        self._sounds: deque[_Spoken] = deque()
        self._tasks = OwnedTasks()
        self._speaking: asyncio.Task[None] | None = None
        self._track = AgentTrack(room)
        self._playback = Playback(self._track, self._note_sound)
        self._echo = EchoMemory()
        self._words = ""
        self._is_paused = False
        self._was_speaking = False
        self._is_closed = False

    @property
    def is_speaking(self) -> bool:
        """Whether sound comes out, or is about to: also while the next sentence is on its way."""
        return not self._is_paused and (self.is_audible or bool(self._sounds))

    @property
    def is_audible(self) -> bool:
        """Whether sound is coming out now."""
        return self._playback.is_audible

    def speak(self) -> SpokenReply:
        """Return what takes the next reply's text. It is spoken after those before it."""
        reply = SpokenReply(self._go_on, self._drop)
        self._replies.append(reply)
        return reply

    def pause(self) -> None:
        """Be silent at once. Nothing is lost: `resume` goes on with what has not sounded yet."""
        self._is_paused = True
        self._playback.pause()
        self._note_change()

    def resume(self) -> None:
        """Go on after `pause`."""
        self._is_paused = False
        self._playback.resume()
        self._note_change()

    def silence(self) -> None:
        """Be silent at once, and drop all that is and waits to be spoken. A pause goes on."""
        self._drop_all()
        self._break_off()

    def is_own(self, text: str, utterance: Utterance) -> bool:
        """Whether a transcript repeats what was just spoken aloud, see `EchoMemory.is_own`."""
        return self._echo.is_own(text, utterance.began_at)

    async def aclose(self) -> None:
        """Be silent for good, and take the track back. Call it before the room is left."""
        self._is_closed = True
        self.silence()
        self._tasks.cancel()
        await self._tasks.wait()
        await self._track.aclose()

    def _go_on(self) -> None:
        """Ask for the sound of what waits, as far as it is due, and see that it is played."""
        while len(self._sounds) < AHEAD and (reply := self._next_reply()) is not None:
            text = reply.take()
            if text and self._is_heard:
                self._sounds.append(self._ask_for(text, reply))
        if self._sounds and self._speaking is None:
            self._speaking = self._tasks.spawn(self._speak(), "voice")
        self._note_change()

    def _next_reply(self) -> SpokenReply | None:
        """The reply that has something to say next; None if there is nothing, or not yet."""
        while self._replies and self._replies[0].is_taken:
            self._replies.popleft()
        return self._replies[0] if self._replies and self._replies[0].has_words else None

    @property
    def _is_heard(self) -> bool:
        """Whether there is anybody whom it is worth to speak to: a service wants to be paid for it."""
        others = self._room.remote_participants.values()
        return (
            not self._is_closed
            and not self._track.is_unheard
            and any(other.kind in _WITH_EARS for other in others)
        )

    def _ask_for(self, text: str, reply: SpokenReply) -> _Spoken:
        sound = Sound(text)
        reply.sounds += 1
        task = self._tasks.spawn(self._synthesize(sound, reply), "synthesis")
        return _Spoken(sound, reply, task)

    async def _synthesize(self, sound: Sound, reply: SpokenReply) -> None:
        try:
            await self._synthesizer.synthesize(sound.text, sound.add)
        except TroubleError as error:
            self._give_up(reply, error.trouble)
        finally:
            sound.end()

    def _give_up(self, reply: SpokenReply, trouble: Trouble) -> None:
        """Leave the rest of a reply unspoken. What was played of it goes on to where it broke off."""
        if reply.is_given_up:
            return
        reply.give_up()
        self._take_out(spoken for spoken in list(self._sounds)[1:] if spoken.reply is reply)
        self._on_trouble(trouble)

    def _drop(self, reply: SpokenReply) -> None:
        """Say no more of a reply; go on with the next one."""
        is_sounding = bool(self._sounds) and self._sounds[0].reply is reply
        self._take_out(spoken for spoken in list(self._sounds) if spoken.reply is reply)
        if is_sounding:
            self._break_off()
        self._go_on()

    def _drop_all(self) -> None:
        replies = [*self._replies, *(spoken.reply for spoken in self._sounds)]
        self._replies.clear()
        self._take_out(list(self._sounds))
        for reply in replies:
            reply.give_up()

    def _take_out(self, unwanted: Iterable[_Spoken]) -> None:
        for spoken in unwanted:
            self._sounds.remove(spoken)
            spoken.reply.sounds -= 1
            spoken.task.cancel()

    def _break_off(self) -> None:
        if self._speaking is not None:
            self._speaking.cancel()
            self._speaking = None
        self._playback.clear()
        self._note_change()

    async def _speak(self) -> None:
        try:
            while self._sounds:
                await self._speak_next()
                if not self._sounds:
                    await self._playback.drain()
        except NotPlayedError as error:
            logger.warning("voice stopped", extra=failure_fields(error))
            self._drop_all()
            self._playback.clear()
        finally:
            if self._speaking is asyncio.current_task():
                self._speaking = None

    async def _speak_next(self) -> None:
        spoken = self._sounds[0]
        if not await self._track.open():
            self._drop_all()
            return
        while (frame := await spoken.sound.next_frame()) is not None:
            self._note_words(spoken.sound.text)
            await self._playback.play(frame)
        self._sounds.popleft()
        spoken.reply.sounds -= 1
        self._go_on()

    def _note_words(self, text: str) -> None:
        if text is not self._words:
            self._words = text
            if self.is_audible:
                self._echo.begin(text, self._now())

    def _note_sound(self) -> None:
        if self.is_audible:
            self._echo.begin(self._words, self._now())
        else:
            self._echo.end(self._now())
        self.on_change()

    def _note_change(self) -> None:
        if self.is_speaking != self._was_speaking:
            self._was_speaking = self.is_speaking
            self.on_change()

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
