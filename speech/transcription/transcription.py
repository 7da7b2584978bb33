"""The sound of a room's utterances becomes their words, in the order in which they were said."""

from __future__ import annotations

from collections.abc import Callable

from chat import OwnedTasks
from speech.trouble import TroubleError
from speech.utterance import Piece, SoundListener, Trouble, Utterance, WordListener

from .plausibility import is_worth_sending, plausible_words
from .speaker import Speaker, Talk
from .transcriber import Transcriber

AT_ONCE = 2
"""Pieces of one participant that are transcribed at the same time."""

MOST_PIECES = 30
"""Pieces of one participant that are not transcribed yet; for more the service is too slow."""


class Transcription(SoundListener):
    """Transcribes what the participants of a room say, each for themselves."""

    def __init__(
        self,
        transcriber: Transcriber,
        listener: WordListener,
        *,
        is_own_voice: Callable[[str, Utterance], bool],
        allows: Callable[[str], bool],
    ) -> None:
        """Transcribe nothing yet.

        Args:
            transcriber: Asks the service.
            listener: Is told the words.
            is_own_voice: Whether words are the agent's own, which a microphone heard.
            allows: Whether a participant may say something now; asked once for each utterance that
                may have words. What may not be said is not sent anywhere, and has no words.
        """
        self._transcriber = transcriber
        self._listener = listener
        self._is_own_voice = is_own_voice
        self._allows = allows
        self._speakers: dict[str, Speaker] = {}
        self._talks: dict[str, Talk] = {}
        self._tasks = OwnedTasks()
        self._is_over = False

    def began(self, utterance: Utterance) -> None:
        """See `SoundListener`."""
        if self._is_over:
            return
        speaker = self._speakers.get(utterance.identity)
        if speaker is None:
            speaker = self._speakers[utterance.identity] = Speaker(self._listener, AT_ONCE)
        self._talks[utterance.id] = speaker.begin(utterance)
        self._listener.began(utterance)

    def heard(self, utterance: Utterance, piece: Piece) -> None:
        """See `SoundListener`."""
        talk = self._talks.get(utterance.id)
        if talk is None:
            return
        speaker = self._speakers[utterance.identity]
        outcome = self._outcome_without_asking(speaker, talk, piece)
        talk.outcomes.append(outcome)
        if outcome is None:
            speaker.waiting += 1
            asking = self._transcribe(speaker, talk, len(talk.outcomes) - 1, piece)
            self._tasks.spawn(asking, "transcription")
        else:
            self._tell(speaker, utterance.identity)

    def ended(self, utterance: Utterance) -> None:
        """See `SoundListener`."""
        talk = self._talks.pop(utterance.id, None)
        if talk is None:
            return
        talk.is_ended = True
        self._listener.ended(utterance)
        self._tell(self._speakers[utterance.identity], utterance.identity)

    async def settled(self) -> None:
        """Wait until all that was heard is understood, but for utterances that have not ended."""
        while self._tasks:
            await self._tasks.wait()

    def cancel(self) -> None:
        """Give up what is not understood: nothing more is told. `settled` waits for its end."""
        self._is_over = True
        self._talks.clear()
        self._speakers.clear()
        self._tasks.cancel()

    def _outcome_without_asking(
        self, speaker: Speaker, talk: Talk, piece: Piece
    ) -> str | Trouble | None:
        """Return what becomes of a piece that is not sent; None for one that is."""
        if not is_worth_sending(piece):
            return ""
        if talk.is_allowed is None:
            talk.is_allowed = self._allows(talk.utterance.identity)
        if not talk.is_allowed:
            return ""
        return Trouble.SLOW if speaker.waiting >= MOST_PIECES else None

    async def _transcribe(self, speaker: Speaker, talk: Talk, index: int, piece: Piece) -> None:
        # Whatever happens, what they say later must not wait for this for ever.
        outcome: str | Trouble = Trouble.FAILED
        try:
            async with speaker.slots:
                text = await self._transcriber.transcribe(piece)
            outcome = self._words(talk, index, piece, text)
        except TroubleError as error:
            outcome = error.trouble
        finally:
            speaker.waiting -= 1
            talk.outcomes[index] = outcome
            self._tell(speaker, talk.utterance.identity)

    def _words(self, talk: Talk, index: int, piece: Piece, text: str) -> str:
        others = talk.outcomes[:index] + talk.outcomes[index + 1 :]
        is_alone = not any(isinstance(each, str) and each for each in others)
        words = plausible_words(text, piece, is_alone=is_alone)
        return "" if words and self._is_own_voice(words, talk.utterance) else words

    def _tell(self, speaker: Speaker, identity: str) -> None:
        if self._is_over:
            return
        speaker.tell()
        if not speaker and self._speakers.get(identity) is speaker:
            del self._speakers[identity]
