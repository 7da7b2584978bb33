"""What the agent says in one room: replies are spoken one after the other, sentence by sentence."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from livekit import rtc

from chat import OwnedTasks, failure_fields
from speech.utterance import Trouble, Utterance

from .agent_track import AgentTrack, NotPlayedError
from .echo import EchoMemory
from .lineup import Lineup
from .playback import Playback
from .sound import Sound
from .spoken_reply import SpokenReply
from .synthesizer import Synthesizer

logger = logging.getLogger(__name__)

ALONE_AFTER = 0.5
"""Seconds after which nobody is left, if nobody has come back."""

_WITH_EARS = (
    rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD,
    rtc.ParticipantKind.PARTICIPANT_KIND_SIP,
)

_MOST_ECHOES = 50
"""Utterances that are remembered as echoes: more than may go on at once."""


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
        self.on_change: Callable[[], None] = lambda: None
        """Called when `is_audible` or `is_speaking` changes."""
        self._room = room
        self._lineup = Lineup(
            synthesizer,
            is_worth_it=self._is_heard,
            on_sound=self._begin,
            on_broken_off=self._break_off,
            on_trouble=on_trouble,
        )
        self._tasks = OwnedTasks()
        self._speaking: asyncio.Task[None] | None = None
        self._track = AgentTrack(room)
        self._playback = Playback(self._track, self._note_sound)
        self._echo = EchoMemory()
        self._echoes: deque[str] = deque(maxlen=_MOST_ECHOES)
        """Utterances that are echoes, at least in part."""
        self._words = ""
        self._is_paused = False
        self._was_speaking = False
        self._is_closed = False
        room.on("participant_disconnected", self._note_leaving)

    @property
    def is_speaking(self) -> bool:
        """Whether sound comes out, or is about to: also while the next sentence is on its way."""
        return not self._is_paused and (self.is_audible or self._lineup.first is not None)

    @property
    def is_audible(self) -> bool:
        """Whether sound is coming out now."""
        return self._playback.is_audible

    def speak(self) -> SpokenReply:
        """Return what takes the next reply's text. It is spoken after those before it."""
        return self._lineup.add_reply()

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
        self._lineup.drop_all()
        self._break_off()

    def is_own(self, text: str, utterance: Utterance) -> bool:
        """Whether a transcript repeats what was just spoken aloud, see `EchoMemory.is_own`.

        Call it for the parts of an utterance in the order in which they are understood.
        """
        known = utterance.id in self._echoes
        is_own = self._echo.is_own(text, utterance.began_at, after_echo=known)
        if is_own and not known:
            self._echoes.append(utterance.id)
        return is_own

    async def aclose(self) -> None:
        """Be silent for good, and take the track back. Call it before the room is left."""
        self._is_closed = True
        self._room.off("participant_disconnected", self._note_leaving)
        self.silence()
        await self._lineup.ended()
        await self._tasks.wait()
        await self._track.aclose()

    def _begin(self) -> None:
        if self._speaking is None:
            self._speaking = self._tasks.spawn(self._speak(), "voice")
        self._note_change()

    def _break_off(self) -> None:
        if self._speaking is not None and self._speaking is not asyncio.current_task():
            self._speaking.cancel()
            self._speaking = None
        self._playback.clear()
        self._note_change()

    def _is_heard(self) -> bool:
        """Whether there is anybody whom it is worth to speak to: a service wants to be paid for it."""
        return not self._is_closed and not self._track.is_unheard and self._is_somebody_here

    @property
    def _is_somebody_here(self) -> bool:
        others = self._room.remote_participants.values()
        return any(other.kind in _WITH_EARS for other in others)

    def _note_leaving(self, _: rtc.RemoteParticipant) -> None:
        # When the connection is made anew, everybody leaves and comes back at once.
        asyncio.get_running_loop().call_later(ALONE_AFTER, self._rest_if_alone)

    def _rest_if_alone(self) -> None:
        # The server ends a room that is empty, and what is published then stays in memory for ever,
        # with a thread (rtc 1.1.21).
        is_connected = self._room.connection_state == rtc.ConnectionState.CONN_CONNECTED
        if is_connected and not self._is_closed and not self._is_somebody_here:
            self.silence()
            self._track.rest()

    async def _speak(self) -> None:
        try:
            while (sound := self._lineup.first) is not None:
                await self._speak_next(sound)
                if self._lineup.first is None:
                    await self._playback.drain()
        except NotPlayedError as error:
            logger.warning("voice stopped", extra=failure_fields(error))
            self.silence()
        finally:
            if self._speaking is asyncio.current_task():
                self._speaking = None
                self._note_change()

    async def _speak_next(self, sound: Sound) -> None:
        if not await self._track.open():
            self._lineup.drop_all()
            return
        while (frame := await sound.next_frame()) is not None:
            self._note_words(sound.text)
            await self._playback.play(frame)
        self._lineup.drop_first()

    def _note_words(self, text: str) -> None:
        if text != self._words:
            self._words = text
            if self.is_audible:
                self._echo.begin(text, self._now())

    def _note_sound(self) -> None:
        if self.is_audible:
            self._echo.begin(self._words, self._now())
        else:
            self._echo.end(self._now())
        self._was_speaking = self.is_speaking
        self.on_change()

    def _note_change(self) -> None:
        if self.is_speaking != self._was_speaking:
            self._was_speaking = self.is_speaking
            self.on_change()

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
