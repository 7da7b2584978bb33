"""What one participant says: which pieces of which utterances have words, and what is told of them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from speech.utterance import Trouble, Understood, Utterance, WordListener

from .joining import join


@dataclass(eq=False)
class Talk:
    """An utterance that is being understood."""

    utterance: Utterance
    """Which one."""
    outcomes: list[str | Trouble | None] = field(default_factory=list)
    """For each piece its words, why there are none, or None as long as nothing is known."""
    is_allowed: bool | None = None
    """Whether it may be transcribed; None before its first piece with speech."""
    is_ended: bool = False
    """Whether no piece follows."""
    told: str = ""
    """The words that were told."""

    @property
    def known(self) -> Sequence[str | Trouble]:
        """What is known without a gap from its beginning."""
        known: list[str | Trouble] = []
        for outcome in self.outcomes:
            if outcome is None:
                break
            known.append(outcome)
        return known

    @property
    def words(self) -> str:
        """The words of all that is known."""
        return join(None if isinstance(each, Trouble) else each for each in self.known)

    @property
    def trouble(self) -> Trouble | None:
        """Why a piece has no words; the latest, if there are several."""
        return next((o for o in reversed(self.outcomes) if isinstance(o, Trouble)), None)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing any more."""
        return self.is_ended and None not in self.outcomes

    def follows(self, other: Talk) -> bool:
        """Whether it is told after another one that began before it, and is not complete.

        Nobody says two things at once, but a second microphone may hear music all the time.
        """
        return other.is_ended or other.utterance.track_sid == self.utterance.track_sid


class Speaker:
    """The utterances of a participant, in order. Nothing of a later one is told before the earlier.

    One that still goes on in another microphone is not waited for.
    """

    def __init__(self, listener: WordListener, at_once: int) -> None:
        """Know nothing yet.

        Args:
            listener: Is told what they say.
            at_once: Pieces that are transcribed at the same time.
        """
        self.slots = asyncio.Semaphore(at_once)
        """Given to the pieces in the order in which they were said."""
        self.waiting = 0
        """Pieces that are not transcribed yet."""
        self._listener = listener
        self._talks: deque[Talk] = deque()

    def __bool__(self) -> bool:
        """Whether anything is still to be understood."""
        return bool(self._talks)

    def begin(self, utterance: Utterance) -> Talk:
        """Note that they began to say something."""
        talk = Talk(utterance)
        self._talks.append(talk)
        return talk

    def tell(self) -> None:
        """Tell what has become known."""
        earlier: list[Talk] = []
        for talk in list(self._talks):
            if any(talk.follows(each) for each in earlier):
                earlier.append(talk)
            elif talk.is_complete:
                self._talks.remove(talk)
                result = Understood(talk.words, talk.trouble)
                self._listener.understood(talk.utterance, result)
            else:
                earlier.append(talk)
                self._tell_words(talk)

    def _tell_words(self, talk: Talk) -> None:
        words = talk.words
        if words != talk.told:
            talk.told = words
            self._listener.words(talk.utterance, words)
