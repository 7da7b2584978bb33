"""On a real server, with tones for speech: whose microphone is heard, and what is told of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from livekit import rtc
from livekit.rtc._proto.room_pb2 import SimulateScenarioKind
from livekit.rtc._proto.track_pb2 import OwnedTrackPublication, TrackPublicationInfo

from speech.hearing.ears import Ears
from speech.hearing.microphones import Microphones
from speech.hearing.preconnect import TOPIC
from speech.hearing.slots import MicrophoneSlots
from speech.utterance import Piece, Utterance
from tests.doubles import FakeRoom
from tests.tokens import MintToken
from tests.unit.speech.hearing.loudness import LoudnessVad, silence, sweep, tone
from tests.virtual_time import run_in_virtual_time
from tests.waiting import eventually
from worker.devstack.livekit_server import LiveKitServer

RATE = 24_000
FRAME = RATE // 50


@dataclass
class Recording:
    """What the room is told."""

    told: list[tuple[str, str]] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)

    def began(self, utterance: Utterance) -> None:
        self.told.append(("began", utterance.identity))

    def heard(self, utterance: Utterance, piece: Piece) -> None:
        self.told.append(("heard", utterance.identity))
        self.pieces.append(piece)

    def ended(self, utterance: Utterance) -> None:
        self.told.append(("ended", utterance.identity))

    def of(self, identity: str) -> list[str]:
        return [kind for kind, who in self.told if who == identity]

    @property
    def speech(self) -> float:
        """Seconds of speech in all pieces."""
        return sum(piece.speech for piece in self.pieces)


@dataclass
class Person:
    """Somebody with a microphone."""

    room: rtc.Room
    source: rtc.AudioSource = field(default_factory=lambda: rtc.AudioSource(RATE, 1, 100))

    async def publish(self, *, preconnect: bool = False, screen: bool = False) -> str:
        self.track = rtc.LocalAudioTrack.create_audio_track("sound", self.source)
        kind = rtc.TrackSource.SOURCE_SCREENSHARE_AUDIO if screen else None
        options = rtc.TrackPublishOptions(
            source=kind or rtc.TrackSource.SOURCE_MICROPHONE, preconnect_buffer=preconnect
        )
        publication = await self.room.local_participant.publish_track(self.track, options)
        return publication.sid

    async def play(self, *sounds: bytes) -> None:
        sound = b"".join(sounds)
        for start in range(0, len(sound), 2 * FRAME):
            samples = sound[start : start + 2 * FRAME].ljust(2 * FRAME, b"\0")
            await self.source.capture_frame(rtc.AudioFrame(samples, RATE, 1, FRAME))

    async def unpublish(self, sid: str) -> None:
        await self.room.local_participant.unpublish_track(sid)


@dataclass
class Place:
    """A room with an agent that hears."""

    room: rtc.Room
    microphones: Microphones
    ears: Ears
    recording: Recording
    refused: list[str]
    failed: list[str]
    join: Callable[..., object]

    async def person(self, identity: str, kind: str = "standard") -> Person:
        room = await self.join(identity, kind)  # type: ignore[misc]  # an awaitable
        return Person(room)


@asynccontextmanager
async def place(
    server: LiveKitServer, token: MintToken, name: str, load: Callable[[], LoudnessVad], most: int
) -> AsyncIterator[Place]:
    rooms: list[rtc.Room] = []

    async def join(identity: str, kind: str) -> rtc.Room:
        rooms.append(rtc.Room())
        await rooms[-1].connect(server.url, token(identity, name, kind=kind))  # type: ignore[arg-type]
        return rooms[-1]

    room, recording, refused = rtc.Room(), Recording(), list[str]()
    failed: list[str] = []
    ears = Ears(lambda: load, MicrophoneSlots(most))
    microphones = Microphones(
        room,
        ears,
        recording,
        pause=1.2,
        on_refused=refused.append,
        on_failure=failed.append,
    )
    await room.connect(
        server.url, token("agent", name, kind="agent"), rtc.RoomOptions(auto_subscribe=False)
    )
    microphones.begin()
    try:
        yield Place(room, microphones, ears, recording, refused, failed, join)
    finally:
        await microphones.aclose()
        await ears.aclose()
        for each in [room, *rooms]:
            await each.disconnect()


@pytest.fixture
def model() -> LoudnessVad:
    return LoudnessVad()


@pytest.fixture
def most() -> int:
    return 10


@pytest.fixture
def broken() -> list[Exception]:
    """What the next attempts to load the model raise."""
    return []


@pytest.fixture
def loading(request: pytest.FixtureRequest) -> threading.Event:
    """Is set when the model may be loaded: at once, but in the test about that."""
    event = threading.Event()
    if "while_the_model_loads" not in request.node.name:
        event.set()
    return event


@pytest.fixture
async def here(
    livekit_server: LiveKitServer,
    token: MintToken,
    request: pytest.FixtureRequest,
    model: LoudnessVad,
    most: int,
    broken: list[Exception],
    loading: threading.Event,
) -> AsyncIterator[Place]:
    def load() -> LoudnessVad:
        loading.wait(10)
        if broken:
            raise broken.pop()
        return model

    async with place(livekit_server, token, request.node.name, load, most) as opened:
        yield opened


async def listening(here: Place, count: int = 1) -> None:
    """Wait until so many microphones are heard."""

    def heard() -> int:
        return sum(
            publication.track is not None
            for participant in here.room.remote_participants.values()
            for publication in participant.track_publications.values()
        )

    await eventually(lambda: heard() >= count)


async def test_what_somebody_says_is_told(here: Place) -> None:
    ann = await here.person("ann")
    await ann.publish()
    await listening(here)
    await ann.play(silence(0.3, RATE), tone(1, RATE), silence(1.6, RATE))
    await eventually(lambda: here.recording.of("ann") == ["began", "heard", "ended"])
    assert here.recording.speech == pytest.approx(1, abs=0.15)


async def test_only_microphones_of_people_are_heard(here: Place) -> None:
    ann, bot = await here.person("ann"), await here.person("bot", "agent")
    await ann.publish(screen=True)
    await bot.publish()
    bob = await here.person("bob")
    await bob.publish()
    await listening(here)
    assert here.ears.slots.open == 1


async def test_muting_ends_the_utterance_and_unmuting_hears_again(here: Place) -> None:
    ann = await here.person("ann")
    await ann.publish()
    await listening(here)
    await ann.play(silence(0.3, RATE), tone(1, RATE))
    await ann.source.wait_for_playout()
    ann.track.mute()
    await eventually(lambda: here.recording.of("ann") == ["began", "heard", "ended"])
    ann.track.unmute()
    await ann.play(tone(1, RATE), silence(1.6, RATE))
    await eventually(lambda: here.recording.of("ann") == ["began", "heard", "ended"] * 2)
    assert here.recording.speech == pytest.approx(2, abs=0.4)


async def test_unpublishing_in_mid_speech_loses_nothing(here: Place) -> None:
    ann = await here.person("ann")
    sid = await ann.publish()
    await listening(here)
    await ann.play(silence(0.3, RATE), tone(1, RATE))
    await ann.unpublish(sid)
    await eventually(lambda: here.recording.of("ann") == ["began", "heard", "ended"])
    await eventually(lambda: here.ears.slots.open == 0)
    assert here.recording.speech > 0.7


async def test_leaving_in_mid_speech_loses_nothing(here: Place) -> None:
    ann = await here.person("ann")
    await ann.publish()
    await listening(here)
    await ann.play(silence(0.3, RATE), tone(1, RATE))
    await ann.room.disconnect()
    await eventually(lambda: here.recording.of("ann") == ["began", "heard", "ended"])
    await eventually(lambda: here.ears.slots.open == 0)


async def test_closing_tells_what_is_being_said_and_nothing_after(here: Place) -> None:
    ann = await here.person("ann")
    await ann.publish()
    await listening(here)
    await ann.play(silence(0.3, RATE), tone(1, RATE))
    await here.microphones.aclose()
    assert here.recording.of("ann") == ["began", "heard", "ended"]
    assert here.ears.slots.open == 0
    await ann.play(tone(1, RATE))
    assert here.recording.of("ann") == ["began", "heard", "ended"]


async def test_a_microphone_is_heard_again_after_a_full_reconnection(here: Place) -> None:
    ann = await here.person("ann")
    await ann.publish()
    await listening(here)
    reconnected = asyncio.Event()
    here.room.on("reconnected", reconnected.set)
    await here.room.simulate_scenario(SimulateScenarioKind.SIMULATE_FULL_RECONNECT)
    await eventually(reconnected)
    await listening(here)
    await ann.play(silence(0.3, RATE), tone(1, RATE), silence(1.6, RATE))
    await eventually(lambda: here.recording.of("ann") == ["began", "heard", "ended"])


async def test_two_microphones_of_one_participant_are_heard(here: Place) -> None:
    ann = await here.person("ann")
    sids = [await ann.publish() for _ in range(3)]
    await listening(here, 2)
    assert here.ears.slots.open == 2
    await ann.unpublish(sids[0])
    await eventually(lambda: len(here.room.remote_participants["ann"].track_publications) == 2)
    await listening(here, 2)


async def test_what_was_said_before_the_subscription_comes_first(here: Place) -> None:
    ann = await here.person("ann")
    sid = await ann.publish(preconnect=True)
    attributes = {"trackId": sid, "sampleRate": "48000", "channels": "1"}
    writer = await ann.room.local_participant.stream_bytes(
        "early", topic=TOPIC, mime_type="audio/pcm", attributes=attributes
    )
    await writer.write(silence(0.2, 48_000) + tone(2, 48_000))
    await writer.aclose()
    await ann.play(silence(3.5, RATE))
    await eventually(lambda: here.recording.of("ann") == ["began", "heard", "ended"])
    assert here.recording.speech == pytest.approx(2, abs=0.15)


async def test_what_was_recorded_and_came_with_the_track_too_is_heard_once(here: Place) -> None:
    ann = await here.person("ann")
    sid = await ann.publish(preconnect=True)
    said = sweep(2, RATE)
    recorded, again = said[: int(1.3 * RATE) * 2], said[RATE * 2 :]
    await ann.play(again, silence(0.2, RATE))
    attributes = {"trackId": sid, "sampleRate": str(RATE), "channels": "1"}
    writer = await ann.room.local_participant.stream_bytes(
        "early", topic=TOPIC, mime_type="audio/pcm", attributes=attributes
    )
    await writer.write(recorded)
    await writer.aclose()
    await ann.play(silence(1.6, RATE))
    await eventually(lambda: here.recording.of("ann") == ["began", "heard", "ended"])
    assert here.recording.speech == pytest.approx(2, abs=0.15)


async def test_an_announced_recording_that_never_comes_delays_nothing_for_long(
    here: Place,
) -> None:
    ann = await here.person("ann")
    await ann.publish(preconnect=True)
    await listening(here)
    await ann.play(silence(0.3, RATE), tone(1, RATE), silence(2.5, RATE))
    await eventually(lambda: here.recording.of("ann") == ["began", "heard", "ended"])
    assert here.recording.speech == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize("most", [1])
async def test_beyond_the_limit_one_is_refused_once_until_another_ends(here: Place) -> None:
    ann, bob = await here.person("ann"), await here.person("bob")
    sid = await ann.publish()
    await listening(here)
    await bob.publish()
    await eventually(lambda: here.refused == ["bob"])
    await ann.unpublish(sid)
    await listening(here)
    await bob.play(silence(0.3, RATE), tone(1, RATE), silence(1.6, RATE))
    await eventually(lambda: here.recording.of("bob") == ["began", "heard", "ended"])
    assert here.refused == ["bob"]


@pytest.mark.parametrize("most", [1])
async def test_whoever_publishes_anew_is_not_refused_their_own_place(here: Place) -> None:
    ann = await here.person("ann")
    sid = await ann.publish()
    await listening(here)
    await ann.unpublish(sid)
    await ann.publish()
    await eventually(lambda: sid not in here.room.remote_participants["ann"].track_publications)
    await listening(here)
    await ann.play(silence(0.3, RATE), tone(1, RATE), silence(1.6, RATE))
    await eventually(lambda: here.recording.of("ann") == ["began", "heard", "ended"])
    assert here.refused == []


@pytest.mark.parametrize("model", [LoudnessVad(fails_after=60)])
async def test_a_model_that_fails_ends_the_utterance_and_is_logged(
    here: Place, caplog: pytest.LogCaptureFixture
) -> None:
    ann = await here.person("ann")
    await ann.publish()
    await listening(here)
    await ann.play(silence(0.3, RATE), tone(2, RATE))
    await eventually(lambda: here.recording.of("ann") == ["began", "heard", "ended"])
    await eventually(lambda: "task failed" in caplog.text)
    await eventually(lambda: here.failed == ["ann"])


async def test_ending_all_ears_tells_what_is_being_said(here: Place) -> None:
    ann = await here.person("ann")
    await ann.publish()
    await listening(here)
    await ann.play(silence(0.3, RATE), tone(1, RATE))
    await here.ears.aclose()
    await eventually(lambda: here.recording.of("ann") == ["began", "heard", "ended"])
    assert "hearing" not in {thread.name for thread in threading.enumerate()}


async def test_nothing_is_heard_once_the_ears_are_closed(here: Place) -> None:
    await here.ears.aclose()
    ann = await here.person("ann")
    await ann.publish()
    await listening(here)
    await here.microphones.aclose()
    assert here.ears.slots.open == 0


async def test_a_room_without_a_microphone_starts_no_thread(here: Place) -> None:
    await here.person("ann")
    assert "hearing" not in {thread.name for thread in threading.enumerate()}


async def test_closing_while_the_model_loads_does_not_wait_for_it(
    here: Place, loading: threading.Event
) -> None:
    ann = await here.person("ann")
    await ann.publish()
    await eventually(lambda: here.ears.slots.open == 1)
    await listening(here)
    await here.microphones.aclose()
    assert here.ears.slots.open == 0
    loading.set()


async def test_a_model_that_cannot_be_loaded_is_tried_again_for_the_next(
    here: Place, broken: list[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    broken.append(RuntimeError("no model"))
    ann = await here.person("ann")
    await ann.publish()
    await eventually(lambda: "task failed" in caplog.text)
    bob = await here.person("bob")
    await bob.publish()
    await listening(here, 2)
    await bob.play(silence(0.3, RATE), tone(1, RATE), silence(1.6, RATE))
    await eventually(lambda: here.recording.of("bob") == ["began", "heard", "ended"])


class Unreachable(rtc.RemoteTrackPublication):
    """A microphone whose subscription fails each time."""

    def __init__(self, room: FakeRoom, sid: str) -> None:
        info = TrackPublicationInfo(
            sid=sid,
            kind=rtc.TrackKind.KIND_AUDIO,
            source=rtc.TrackSource.SOURCE_MICROPHONE,
        )
        super().__init__(OwnedTrackPublication(info=info))
        self.asked = 0
        """How often it was asked for."""
        self._room = room

    def set_subscribed(self, subscribed: bool) -> None:
        self.asked += 1
        if self.asked < 100:
            asyncio.get_running_loop().call_soon(self._fail)

    def _fail(self) -> None:
        ann = self._room.remote_participants["ann"]
        self._room.emit("track_subscription_failed", ann, self.sid, "")


def test_a_subscription_that_fails_is_not_asked_for_again_and_again() -> None:
    async def run() -> int:
        room, ears = FakeRoom(), Ears(lambda: LoudnessVad, MicrophoneSlots(1))
        microphones = Microphones(
            room, ears, Recording(), pause=1.2, on_refused=lambda _: None, on_failure=lambda _: None
        )
        room.connected = True
        ann = room.join("ann")
        publication = Unreachable(room, "TR_1")
        ann._track_publications["TR_1"] = publication
        microphones.begin()
        await asyncio.sleep(10)
        room.leave("ann")
        await microphones.aclose()
        assert not ears.slots.open
        return publication.asked

    assert run_in_virtual_time(run()) == 1
