"""One reply on its way to be spoken: a growing text becomes sentences that wait. No I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from itertools import takewhile

import regex

from .sentences import Sentences
from .speakable import CODE, speakable

TOGETHER = 300
"""Characters of sentences that are spoken together, if they wait: it sounds better, and costs less."""

_FOREIGN = regex.compile(r"[\p{L}--[a-zA-Z]]", regex.VERSION1)


class SpokenReply:
    """What is to be spoken of one reply, in the order of its text.

    It takes what `ReplyWriter` takes, at the same time, and never waits nor raises. What was spoken
    cannot be taken back.
    """

    def __init__(
        self, on_change: Callable[[], None], on_abandoned: Callable[[SpokenReply], None]
    ) -> None:
        """Begin without text. Call `finish` or `abandon` in the end.

        Args:
            on_change: Called when there is something to take, or nothing will come any more.
            on_abandoned: Called with this once, if it is abandoned: what was taken is not wanted.
        """
        self._on_change = on_change
        self._on_abandoned = on_abandoned
        self._text: list[str] = []
        self._sentences = Sentences()
        self._waiting: deque[str] = deque()
        self._taken: list[str] = []
        self._is_foreign = False
        """Whether what was taken has letters that English has not."""
        self._withdrawn: deque[str] = deque()
        """What was taken of a text that was withdrawn, and is not said again."""
        self._is_complete = False
        self.is_given_up = False
        """Whether the rest of it was dropped."""
        self.sounds = 0
        """How many sounds of it are on their way to be heard."""

    @property
    def is_taken(self) -> bool:
        """Whether there is nothing to take any more."""
        return self._is_complete and not self._waiting

    @property
    def is_over(self) -> bool:
        """Whether nothing of it will be heard any more."""
        return self.is_taken and not self.sounds

    @property
    def has_words(self) -> bool:
        """Whether there is something to take now."""
        return bool(self._waiting)

    def append(self, text: str) -> None:
        """Add to the reply's end. Text that comes after the end is dropped."""
        if not self._is_complete:
            self._text.append(text)
            self._add(self._sentences.feed(text))

    def withdraw(self, start: int) -> None:
        """Take its text back from some character on.

        Of what follows in its place, sentences are left out as long as they are the ones that were
        spoken already.
        """
        if self._is_complete:
            return
        self._text = ["".join(self._text)[:start]]
        self._sentences = Sentences()
        sentences = self._sentences.feed(self._text[0])
        pairs = zip(sentences, self._taken, strict=False)
        kept = len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))
        self._withdrawn.extendleft(reversed(self._taken[kept:]))
        del self._taken[kept:]
        self._waiting.clear()
        self._add(sentences[kept:])

    def finish(self) -> None:
        """Let the rest be spoken: its last sentence may have no end."""
        if not self._is_complete:
            self._is_complete = True
            self._add(self._sentences.finish())
            self._on_change()

    def abandon(self) -> None:
        """Be silent at once: drop what is spoken now, what is not spoken yet, and what follows."""
        if not self.is_over:
            self._drop_rest()
            self._on_abandoned(self)

    def give_up(self) -> None:
        """Drop what nobody has taken yet, and what follows."""
        self._drop_rest()
        self._on_change()

    def _drop_rest(self) -> None:
        self._is_complete = self.is_given_up = True
        self._waiting.clear()

    def _add(self, sentences: Iterable[str]) -> None:
        for sentence in sentences:
            if self._withdrawn and sentence.strip() == self._withdrawn[0].strip():
                self._withdrawn.popleft()
                self._note_taken(sentence)
            else:
                self._withdrawn.clear()
                self._waiting.append(sentence)
        if self._waiting:
            self._on_change()

    def take(self) -> str:
        """Take what is to be spoken next: the first sentence alone, later ones together.

        Returns:
            Plain text; empty if there is nothing yet.
        """
        is_first = not self._taken
        spoken = ""
        while self._waiting:
            words = speakable(self._waiting[0], code="" if self._is_foreign else CODE)
            if spoken and words and (is_first or len(spoken) + len(words) >= TOGETHER):
                break
            self._note_taken(self._waiting.popleft())
            spoken = f"{spoken} {words}".strip()
        return spoken

    def _note_taken(self, sentence: str) -> None:
        self._taken.append(sentence)
        self._is_foreign = self._is_foreign or _FOREIGN.search(sentence) is not None
