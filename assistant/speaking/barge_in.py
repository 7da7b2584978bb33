"""The agent's voice gives way to people who speak, and goes on if they said nothing to it."""

from __future__ import annotations

import asyncio
from typing import Protocol

from assistant.turns.floor import WORDLESS_LIMIT
from speech.utterance import Utterance

SETTLING_LIMIT = 2.0
"""Seconds after its end in which an utterance must have words; else it was a cough."""


class BargeIn:
    """Is told what comes of each utterance: `began`, then one of `asked` and `dropped`.

    Without a voice there is nothing to do.
    """

    def began(self, utterance: Utterance) -> None:
        """Somebody makes a sound."""

    def words(self, utterance: Utterance) -> None:
        """It has words."""

    def echoed(self, utterance: Utterance) -> None:
        """Some of it is the voice itself, out of a loudspeaker."""

    def ended(self, utterance: Utterance) -> None:
        """Nothing more is said; there may be words yet."""

    def asked(self, utterance: Utterance) -> None:
        """It was meant for the agent, and is going to be answered."""

    def dropped(self, utterance: Utterance) -> None:
        """It was nothing, or nothing for the agent, or is not answered."""

    def close(self) -> None:
        """Nothing more is told."""


class InterruptibleVoice(Protocol):
    """What of a voice gives way to people."""

    @property
    def is_audible(self) -> bool:
        """Whether sound is coming out, and it is not paused."""
        ...

    def pause(self) -> None:
        """Be silent at once, until `resume`, also about what is yet to be said."""
        ...

    def resume(self) -> None:
        """Go on where it was paused, at the earliest when this task waits for something."""
        ...

    def silence(self) -> None:
        """Drop all that is and waits to be spoken. A pause goes on."""
        ...


class GivingWay(BargeIn):
    """Pauses a voice while somebody speaks, and silences it once words are meant for the agent.

    It pauses at the first sound. Whose microphone hears the voice would break it off with each
    sentence, so for them it waits until there are words that are not its own.
    """

    def __init__(self, voice: InterruptibleVoice) -> None:
        """Nobody speaks.

        Args:
            voice: The agent's in this room. Nobody else pauses it.
        """
        self._voice = voice
        self._speakers: dict[str, asyncio.TimerHandle | None] = {}
        self._spoken_over: set[str] = set()
        self._echoes: set[str] = set()
        """Utterances of which some was the voice itself."""
        self._near_loudspeakers: set[str] = set()
        """Who has a microphone that hears the voice."""

    def began(self, utterance: Utterance) -> None:
        """Pause, until there are words or this was going on for too long."""
        if utterance.identity not in self._near_loudspeakers or not self._voice.is_audible:
            self._give_way(utterance.id, WORDLESS_LIMIT)

    def words(self, utterance: Utterance) -> None:
        """Pause, until it is known what becomes of the words."""
        self._give_way(utterance.id, None)

    def echoed(self, utterance: Utterance) -> None:
        """Go on, unless there are words besides, and expect it of their microphone from now on."""
        self._near_loudspeakers.add(utterance.identity)
        self._echoes.add(utterance.id)
        if self._speakers.get(utterance.id) is not None:
            self._settle(utterance.id)

    def ended(self, utterance: Utterance) -> None:
        """Go on soon if there are no words."""
        if self._speakers.get(utterance.id) is not None:
            self._give_way(utterance.id, SETTLING_LIMIT)

    def asked(self, utterance: Utterance) -> None:
        """Say no more of what was spoken over. The written reply follows rules of its own."""
        if utterance.id in self._spoken_over and utterance.id not in self._echoes:
            self._near_loudspeakers.discard(utterance.identity)
        if utterance.id in self._spoken_over or self._voice.is_audible:
            self._voice.silence()
        self._end(utterance.id)

    def dropped(self, utterance: Utterance) -> None:
        """Go on, unless somebody else speaks."""
        self._end(utterance.id)

    def close(self) -> None:
        """Wait for nobody any more."""
        for timer in self._speakers.values():
            if timer is not None:
                timer.cancel()
        self._speakers.clear()

    def _give_way(self, utterance_id: str, limit: float | None) -> None:
        # What has not begun only waits: nobody has spoken over it.
        if self._voice.is_audible or self._spoken_over:
            self._spoken_over.add(utterance_id)
        self._cancel_timer(utterance_id)
        if not self._speakers:
            self._voice.pause()
        loop = asyncio.get_running_loop()
        timer = None if limit is None else loop.call_later(limit, self._go_on, utterance_id)
        self._speakers[utterance_id] = timer

    def _end(self, utterance_id: str) -> None:
        self._echoes.discard(utterance_id)
        self._settle(utterance_id)

    def _settle(self, utterance_id: str) -> None:
        self._spoken_over.discard(utterance_id)
        self._go_on(utterance_id)

    def _go_on(self, utterance_id: str) -> None:
        if utterance_id not in self._speakers:
            return
        self._cancel_timer(utterance_id)
        del self._speakers[utterance_id]
        if not self._speakers:
            self._voice.resume()

    def _cancel_timer(self, utterance_id: str) -> None:
        if (timer := self._speakers.get(utterance_id)) is not None:
            timer.cancel()
