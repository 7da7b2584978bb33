"""Speech in one room: ears and a voice, as far as the room has them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from livekit import rtc

from speech.services import SpeechServices
from speech.utterance import Trouble, Utterance
from speech.voice.voice import Voice

from .answering.aloud import Aloud, Unheard
from .arriving.utterances import SpokenWords
from .hearing import Hearing
from .options import RoomOptions
from .people.notices import Notices
from .speaking.barge_in import BargeIn, GivingWay


class RoomSpeech:
    """Ears and a voice in one room. A room in which nobody speaks has neither."""

    def __init__(
        self,
        room: rtc.Room,
        services: SpeechServices | None,
        options: RoomOptions,
        notices: Notices,
    ) -> None:
        """Have a voice, if the room is to have one.

        Args:
            room: Not connected yet.
            services: Those of the process; None for a room without speech.
            options: Say what the room is to have.
            notices: Tells people what does not work.
        """
        self._room = room
        self._pause = options.voice_pause
        self._hearing: Hearing | None = None
        self._voice: Voice | None = None
        self.barge_in = BargeIn()
        """What becomes of the voice while people speak."""
        if services is not None and options.voice.speaks:
            self._voice = Voice(
                room,
                services.synthesizer,
                on_trouble=partial(_tell, notices),
            )
            self.barge_in = GivingWay(self._voice)

    @property
    def open_reply(self) -> Callable[[], Aloud]:
        """Begins a reply that is read out, if anything is."""
        return Unheard if self._voice is None else self._voice.speak

    @property
    def undecided(self) -> bool:
        """Whether anything that was said is not asked yet."""
        return self._hearing is not None and self._hearing.undecided

    @property
    def is_speaking(self) -> bool:
        """Whether the agent is heard."""
        return self._voice is not None and self._voice.is_speaking

    def listen(self, words: SpokenWords, services: SpeechServices) -> None:
        """Take notice of what clients send of speech, before the room is entered.

        Args:
            words: Takes what is said.
            services: Those of the process.
        """
        self._hearing = Hearing(
            self._room, services, words, pause=self._pause, is_own_voice=self._is_own_voice
        )

    def begin(self, on_change: Callable[[], None]) -> None:
        """Hear the room, which is connected.

        Args:
            on_change: Called when `is_speaking` changes.
        """
        if self._voice is not None:
            self._voice.on_change = on_change
        if self._hearing is not None:
            self._hearing.begin()

    async def end(self) -> None:
        """Hear nothing more, and ask what was said until now."""
        if self._hearing is not None:
            await self._hearing.end()

    def cancel(self) -> None:
        """Be silent, and give up what is not asked yet."""
        if self._hearing is not None:
            self._hearing.cancel()
        if self._voice is not None:
            self._voice.silence()

    async def aclose(self) -> None:
        """Let go of the room's tracks. Call it before the room is left."""
        if self._hearing is not None:
            await self._hearing.aclose()
        if self._voice is not None:
            await self._voice.aclose()

    def _is_own_voice(self, text: str, utterance: Utterance) -> bool:
        is_own = self._voice is not None and self._voice.is_own(text, utterance)
        if is_own:
            self.barge_in.echoed(utterance)
        return is_own


def _tell(notices: Notices, trouble: Trouble) -> None:
    # What only the operator can mend stays as it is, however often it is said.
    notices.tell("notice_not_spoken", None, once=trouble is Trouble.REFUSED)
