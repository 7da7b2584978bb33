"""People who speak in a scene, and what is shown of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass

from assistant.answering.aloud import ReadingAloud
from assistant.arriving.transcripts import Transcripts
from assistant.arriving.utterances import SpokenWords
from assistant.speaking.barge_in import BargeIn
from speech.utterance import Trouble, Understood, Utterance
from tests.unit.assistant.doubles import Listener
from tests.unit.assistant.scene import ScriptedScene


@dataclass(frozen=True)
class Shown:
    """One state of somebody's words in the chat."""

    identity: str
    id: str
    text: str
    final: bool


class Screen:
    """Shows transcripts, and can hold them up or fail."""

    def __init__(self) -> None:
        self.shown: list[Shown] = []
        self.open = asyncio.Event()
        self.open.set()
        self.failure: Exception | None = None

    @property
    def finals(self) -> list[tuple[str, str]]:
        """Who said what, once it is complete."""
        return [(each.identity, each.text) for each in self.shown if each.final]

    async def show(
        self, identity: str, transcript_id: str, text: str, *, final: bool, track_sid: str = ""
    ) -> None:
        await self.open.wait()
        if self.failure is not None:
            raise self.failure
        assert track_sid == f"TR_{identity}"
        self.shown.append(Shown(identity, transcript_id, text, final))


class VoiceNotes(BargeIn):
    """Takes note of what becomes of each utterance."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def asked(self, utterance: Utterance) -> None:
        self.notes.append("asked")

    def dropped(self, utterance: Utterance) -> None:
        self.notes.append("dropped")


class Speakers:
    """What the people of a scene say."""

    def __init__(self, scene: ScriptedScene, max_message_bytes: int | None = None) -> None:
        self.screen = Screen()
        self.voice = VoiceNotes()
        self.listener = Listener()
        scene.answering.aloud = ReadingAloud(self.listener.open)
        self.transcripts = Transcripts(self.screen.show)
        parts = scene.parts
        self.spoken = SpokenWords(
            self.transcripts,
            parts.people,
            parts.conversation,
            parts.notices,
            parts.arrivals,
            max_message_bytes=max_message_bytes,
            barge_in=self.voice,
        )
        self._count: Counter[str] = Counter()

    def begins(self, by: str = "ada") -> Utterance:
        """Somebody begins to speak."""
        self._count[by] += 1
        now = asyncio.get_running_loop().time()
        utterance = Utterance(f"{by}-{self._count[by]}", by, f"TR_{by}", now)
        self.spoken.began(utterance)
        return utterance

    def ends(self, utterance: Utterance, text: str, trouble: Trouble | None = None) -> None:
        """They said this, as far as it was understood."""
        self.spoken.ended(utterance)
        self.spoken.understood(utterance, Understood(text, trouble))

    def says(self, text: str, by: str = "ada", trouble: Trouble | None = None) -> Utterance:
        """Somebody says something, all in a moment."""
        utterance = self.begins(by)
        self.ends(utterance, text, trouble)
        return utterance
