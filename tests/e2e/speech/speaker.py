"""Somebody who speaks in a room, and what they hear and see there."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from livekit import rtc

from chat import ChatManager, ChatMessage
from tests.e2e.people import ANSWER_LIMIT, Door, Person
from tests.e2e.speech.microphone import Microphone
from tests.e2e.speech.recording import Recording
from tests.e2e.speech.sound import Samples, Sound, silence
from tests.e2e.speech.voices import HIGH, say, words_of
from tests.tokens import ParticipantKind
from tests.waiting import eventually

AGENT = "Assistant"
"""What the agent is called, and what its lines are shown under."""

SETTLING = 0.2
"""Seconds from the subscription of a microphone to its first sound, at most."""

TOPIC_TRANSCRIPTION = "lk.transcription"
AGENT_STATE = "lk.agent.state"

Line = tuple[str, str]
"""Who says something, and what."""


@dataclass
class SpokenBubble:
    """What a client shows of one segment of `lk.transcription`."""

    identity: str
    """Whose words the packets say that they are."""

    track_sid: str
    """Which track they say that it was spoken into."""

    states: list[str] = field(default_factory=list)
    """The texts that it went through."""

    is_final: bool = False
    began_at: float = 0.0
    """When it appeared, by the event loop's clock."""

    ended_at: float = 0.0
    """When its newest text came."""

    @property
    def text(self) -> str:
        return self.states[-1]


class Speaker(Person):
    """Somebody with a microphone, a loudspeaker and a chat window."""

    def __init__(self, room: rtc.Room, chat: ChatManager, *, voice: str = HIGH) -> None:
        super().__init__(room, chat)
        self.voice = voice
        self.spoken: dict[tuple[str, str], SpokenBubble] = {}
        """What people said, by identity and segment, in the order in which it appeared."""
        self.states: list[tuple[float, str]] = []
        """What the agent said that it does, and when."""
        self.voices: list[Recording] = []
        """The agent's tracks. There is one, unless something is wrong."""
        self.microphone: Microphone | None = None
        self.on_sound: Callable[[Samples], None] = lambda _: None
        """Called with all that the agent's voice says, as it is heard."""
        self._written_at: dict[tuple[str | None, str], float] = {}
        self._reading: set[asyncio.Task[None]] = set()
        room.register_text_stream_handler(TOPIC_TRANSCRIPTION, self._on_transcription)
        room.on("participant_attributes_changed", self._on_attributes)
        room.on("track_published", self._on_published)
        room.on("track_subscribed", self._on_track)
        chat.on("message_added", self._on_written)
        self._hear_what_is_there()

    async def aclose(self) -> None:
        """Take the microphone along, and stop listening."""
        if self.microphone is not None:
            await self.microphone.aclose()
        for recording in self.voices:
            await recording.aclose()
        for task in self._reading:
            task.cancel()

    async def open_microphone(
        self,
        first: Sound | None = None,
        *,
        frame: int = 20,
        pre_connect: bool = False,
        source: rtc.TrackSource.ValueType = rtc.TrackSource.SOURCE_MICROPHONE,
    ) -> Microphone:
        """Publish a microphone, and say something from its first frame on.

        Without `first`, what is said after it is heard from the beginning.
        """
        self.microphone = Microphone(self.room, frame=frame, source=source)
        await self.microphone.publish(first, pre_connect=pre_connect)
        if first is None and not pre_connect:
            await eventually(lambda: self.is_heard, ANSWER_LIMIT)
            # It takes as long until the first sound of a track comes out of it.
            await self.play(silence(SETTLING))
        return self.microphone

    @property
    def is_heard(self) -> bool:
        """Whether somebody has subscribed to the microphone."""
        return self.microphone is not None and self.microphone.is_heard

    async def play(self, sound: Sound) -> float:
        """Let the microphone hear this; returns when it began."""
        assert self.microphone is not None
        began = asyncio.get_running_loop().time()
        await self.microphone.play(sound)
        return began

    async def speak(self, text: str) -> float:
        """Say this aloud; returns when it began."""
        # Making it takes a moment, in which others may be speaking.
        return await self.play(await asyncio.to_thread(say, text, self.voice))

    @property
    def conversation(self) -> list[Line]:
        """All that is shown: what was spoken, by when its words were final, and what was written, by when
        it appeared."""
        return [line for _, line in sorted(self._lines())]

    @property
    def heard(self) -> list[SpokenBubble]:
        """The bubbles of what people said."""
        return list(self.spoken.values())

    @property
    def own_words(self) -> list[str]:
        """What was understood of what one said oneself."""
        return [b.text for (identity, _), b in self.spoken.items() if identity == self.identity]

    @property
    def identity(self) -> str:
        return self.room.local_participant.identity

    @property
    def agent_state(self) -> str:
        """What the agent says that it does."""
        return self.agent.attributes.get(AGENT_STATE, "") if self.agent is not None else ""

    @property
    def recording(self) -> Recording:
        """What the agent's voice has said."""
        assert len(self.voices) == 1, f"the agent has {len(self.voices)} voices"
        return self.voices[0]

    async def follows(self, *lines: Line, limit: float = ANSWER_LIMIT) -> None:
        """Wait until these are all the lines there are, complete and word for word."""

        def shown() -> list[tuple[str, list[str]]]:
            return [(who, words_of(text)) for who, text in self.conversation]

        expected = [(who, words_of(text)) for who, text in lines]
        with contextlib.suppress(TimeoutError):
            await eventually(lambda: shown() == expected and self._is_complete(), limit)
        assert shown() == expected, self.conversation
        assert self._is_complete(), (self.heard, self.bubbles)

    async def sees_said(self, who: str, text: str, limit: float = ANSWER_LIMIT) -> SpokenBubble:
        """Wait until somebody's words are shown, all of them, word for word."""

        def found() -> SpokenBubble | None:
            said = (b for b in self.heard if b.identity == who and b.is_final)
            return next((b for b in said if words_of(b.text) == words_of(text)), None)

        with contextlib.suppress(TimeoutError):
            await eventually(found, limit)
        bubble = found()
        assert bubble is not None, self.heard
        return bubble

    async def ask_and_see(self, text: str) -> None:
        """Type something and wait for the echo, whatever else is shown."""
        await self.say(text)
        await self.sees(f"You said: {text}")

    async def hears(self, since: float = 0.0, limit: float = ANSWER_LIMIT) -> Recording:
        """Wait until the agent is heard to speak, after that time."""
        await eventually(lambda: self.voices and self.recording.audible(since=since), limit)
        return self.recording

    async def hears_it_all(self, quiet: float = 1.0, limit: float = 30.0) -> Recording:
        """Wait until the agent has spoken, and has been quiet for so many seconds."""
        await eventually(lambda: self.voices and self.recording.is_silent_for(quiet), limit)
        return self.recording

    def _is_complete(self) -> bool:
        written = all(message.complete for message in self.bubbles)
        return written and all(bubble.is_final for bubble in self.heard)

    def _lines(self) -> list[tuple[float, Line]]:
        spoken = [(b.ended_at, (b.identity, b.text)) for b in self.heard]
        written = [
            (
                self._written_at.get((m.participant_identity, m.id), 0.0),
                (self._author(m), m.message or ""),
            )
            for m in self.bubbles
        ]
        return [*spoken, *written]

    def _author(self, message: ChatMessage) -> str:
        agent = self.agent
        is_agents = agent is not None and message.participant_identity == agent.identity
        return AGENT if is_agents else message.participant_identity or self.identity

    def _on_written(self, message: ChatMessage) -> None:
        key = (message.participant_identity, message.id)
        self._written_at.setdefault(key, asyncio.get_running_loop().time())

    def _on_transcription(self, reader: rtc.TextStreamReader, identity: str) -> None:
        # The handler is not told when the stream ends: one task reads one stream. It may come to that
        # only after what was sent later.
        now = asyncio.get_running_loop().time()
        task = asyncio.get_running_loop().create_task(self._read(reader, identity, now))
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)

    async def _read(self, reader: rtc.TextStreamReader, identity: str, now: float) -> None:
        attributes = reader.info.attributes or {}
        text = await reader.read_all()
        key = (identity, attributes.get("lk.segment_id", ""))
        track = attributes.get("lk.transcribed_track_id", "")
        bubble = self.spoken.setdefault(key, SpokenBubble(identity, track, began_at=now))
        bubble.states.append(text)
        bubble.ended_at = now
        bubble.is_final = attributes.get("lk.transcription_final") == "true"

    def _on_attributes(self, changed: dict[str, str], participant: rtc.Participant) -> None:
        if AGENT_STATE in changed and participant.identity != self.identity:
            self.states.append((asyncio.get_running_loop().time(), changed[AGENT_STATE]))

    def _on_published(
        self, publication: rtc.RemoteTrackPublication, participant: rtc.RemoteParticipant
    ) -> None:
        # Nobody else is heard: a microphone to which somebody listens is one that the agent hears.
        if participant is self.agent and publication.kind == rtc.TrackKind.KIND_AUDIO:
            publication.set_subscribed(True)

    def _on_track(self, track: rtc.Track, *_: object) -> None:
        self.voices.append(Recording(track, lambda samples: self.on_sound(samples)))

    def _hear_what_is_there(self) -> None:
        for participant in self.room.remote_participants.values():
            for publication in participant.track_publications.values():
                self._on_published(publication, participant)


@contextlib.asynccontextmanager
async def enter_to_speak(
    door: Door,
    identity: str = "ada",
    *,
    voice: str = HIGH,
    wait: bool = True,
    name: str = "",
    dialect: str = "stream",
    kind: ParticipantKind = "standard",
    encryption: rtc.E2EEOptions | None = None,
) -> AsyncIterator[Speaker]:
    """Come in with a client that speaks; its microphone is still closed.

    Args:
        door: The way in.
        identity: Under which identity.
        voice: How one sounds.
        wait: Whether to wait for the agent first.
        name: What to be called; empty leaves it to the identity.
        dialect: How to be spoken to.
        kind: What to be.
        encryption: How what is sent is encrypted, end to end; None sends it plain.
    """
    async with door.enter(
        identity,
        wait=wait,
        name=name,
        dialect=dialect,
        kind=kind,
        encryption=encryption,
        auto_subscribe=False,
    ) as person:
        speaker = Speaker(person.room, person.chat, voice=voice)
        try:
            yield speaker
        finally:
            await speaker.aclose()
