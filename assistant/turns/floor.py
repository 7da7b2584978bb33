"""Who is speaking, and since when. No I/O."""

from __future__ import annotations

from collections.abc import Callable

HEARING_LIMIT = 3.0
"""Seconds from its arrival for which a question waits for somebody who began to speak before it."""

WORDLESS_LIMIT = 8.0
"""Seconds after which a sound that has no words yet is not taken for somebody who speaks."""


class Floor:
    """The utterances that have begun, and of which it is not known yet what they say."""

    def __init__(self, on_left: Callable[[], None]) -> None:
        """Nobody speaks.

        Args:
            on_left: Called when an utterance is settled, asked or not.
        """
        self._on_left = on_left
        self._began_at: dict[str, float] = {}
        self._with_words: set[str] = set()

    def take(self, utterance_id: str, began_at: float) -> None:
        """Somebody begins to speak, at a time of the event loop's clock."""
        self._began_at[utterance_id] = began_at

    def has_words(self, utterance_id: str) -> None:
        """Some words of an utterance that was begun are understood."""
        self._with_words.add(utterance_id)

    def leave(self, utterance_id: str) -> None:
        """It is known what they said, and it is asked if it is to be."""
        self._with_words.discard(utterance_id)
        if self._began_at.pop(utterance_id, None) is not None:
            self._on_left()

    def is_taken(self, before: float) -> bool:
        """Whether somebody speaks who began before a time of the event loop's clock.

        What was going on for long by then without a word is none: it may be music.
        """
        return any(
            began_at < before
            and (before - began_at < WORDLESS_LIMIT or utterance_id in self._with_words)
            for utterance_id, began_at in self._began_at.items()
        )
