"""Replies are heard in a real room: in order, once, and silenced when they are to be."""

from __future__ import annotations

import asyncio
import threading

import pytest
from livekit import rtc
from livekit.rtc._proto.room_pb2 import SimulateScenarioKind

from speech.utterance import Trouble, Utterance
from speech.voice.agent_track import NotPlayedError
from speech.voice.echo import BEFORE
from speech.voice.voice import Voice
from tests.doubles import FakeRoom
from tests.doubles.speech import SECONDS_A_CHARACTER, FakeSpeech, Line, SpeechReply
from tests.tokens import MintToken, ParticipantKind
from tests.waiting import eventually
from worker.devstack.livekit_server import LiveKitServer

from .stage import Listener, Stage, voice_tasks

ONE, TWO, THREE = "Aaaaaaaaaaaaaaaaaaaa. ", "Bbbbbbbbbbbbbbbbbbbb. ", "Cccccccccccccccccccc."
"""Sentences of a good second each."""

SENTENCE = 21 * SECONDS_A_CHARACTER
"""Seconds that one of them sounds."""

LIMIT = 20.0
"""Seconds for what takes a few."""


def texts(speech: FakeSpeech) -> list[str]:
    return [line.text for line in speech.lines]


async def spoken_to_the_end(stage: Stage) -> None:
    await eventually(lambda: not list(voice_tasks()) and not stage.voice.is_audible, LIMIT)


async def test_nothing_is_there_before_there_is_something_to_say(
    stage: Stage, ann: Listener, speech: FakeSpeech
) -> None:
    reply = stage.voice.speak()
    reply.append("Not yet a sentence")
    assert not list(voice_tasks())
    assert not stage.room.local_participant.track_publications
    reply.finish()
    await eventually(lambda: ann.loud, LIMIT)


async def test_sentences_are_spoken_while_the_reply_grows(
    stage: Stage, ann: Listener, speech: FakeSpeech
) -> None:
    reply = stage.voice.speak()
    reply.append(ONE + TWO)
    await eventually(lambda: ann.loud, LIMIT)
    reply.append(THREE)
    assert stage.voice.is_audible
    reply.append(" Ddd.")
    reply.finish()
    await spoken_to_the_end(stage)
    assert texts(speech) == [ONE.strip(), TWO.strip(), f"{THREE} Ddd."]
    assert stage.changes[0] is True
    assert stage.changes[-1] is False
    assert ann.loud_seconds == pytest.approx(3 * SENTENCE + 4 * SECONDS_A_CHARACTER, rel=0.15)
    assert not stage.troubles


async def test_replies_are_spoken_one_after_the_other(
    stage: Stage, ann: Listener, speech: FakeSpeech
) -> None:
    first, second = stage.voice.speak(), stage.voice.speak()
    second.append(TWO)
    second.finish()
    first.append(ONE)
    first.finish()
    await spoken_to_the_end(stage)
    assert texts(speech) == [ONE.strip(), TWO.strip()]


async def test_a_pause_is_silent_soon_and_loses_nothing(stage: Stage, ann: Listener) -> None:
    reply = stage.voice.speak()
    reply.append(ONE)
    reply.finish()
    await eventually(lambda: ann.loud_seconds > SENTENCE / 3, LIMIT)
    loop = asyncio.get_running_loop()
    paused_at = loop.time()
    stage.voice.pause()
    assert not stage.voice.is_audible
    await eventually(lambda: loop.time() > paused_at + 1.0)
    assert ann.loud[-1] - paused_at < 0.5
    heard = ann.loud_seconds
    assert heard < SENTENCE * 0.8
    stage.voice.resume()
    await spoken_to_the_end(stage)
    await eventually(lambda: ann.frames[-1][0] > ann.loud[-1] + 0.3, LIMIT)
    assert ann.loud_seconds == pytest.approx(SENTENCE, rel=0.2)
    assert stage.changes == [True, False, True, False]


async def test_silence_drops_all_that_is_and_waits_and_the_next_reply_is_spoken(
    stage: Stage, ann: Listener, speech: FakeSpeech
) -> None:
    first, second = stage.voice.speak(), stage.voice.speak()
    first.append(ONE + TWO + THREE)
    second.append(TWO)
    await eventually(lambda: ann.loud and len(speech.lines) > 1, LIMIT)
    stage.voice.pause()
    stage.voice.silence()
    stage.voice.resume()
    assert not stage.voice.is_audible
    first.append(THREE)
    first.finish()
    second.finish()
    third = stage.voice.speak()
    third.append("Eee.")
    third.finish()
    await spoken_to_the_end(stage)
    assert texts(speech) == [ONE.strip(), TWO.strip(), "Eee."]


async def test_a_reply_that_is_abandoned_is_silent_at_once_and_the_next_one_is_spoken(
    stage: Stage, ann: Listener, speech: FakeSpeech
) -> None:
    reply, following = stage.voice.speak(), stage.voice.speak()
    reply.append(ONE + TWO + THREE + " ")
    following.append("Eee.")
    following.finish()
    await eventually(lambda: ann.loud, LIMIT)
    assert not reply.is_over
    reply.abandon()
    assert reply.is_over
    assert not stage.voice.is_audible
    await spoken_to_the_end(stage)
    assert texts(speech)[-1] == "Eee."
    assert following.is_over


async def test_a_reply_that_waits_can_be_abandoned_while_another_is_spoken(
    stage: Stage, ann: Listener, speech: FakeSpeech
) -> None:
    reply, following = stage.voice.speak(), stage.voice.speak()
    reply.append(ONE)
    reply.finish()
    following.append("Eee.")
    following.finish()
    await eventually(lambda: ann.loud, LIMIT)
    following.abandon()
    assert following.is_over
    assert stage.voice.is_audible
    assert not reply.is_over
    await spoken_to_the_end(stage)
    assert reply.is_over


async def test_it_counts_as_speaking_from_the_first_request_to_the_last_sound(
    stage: Stage, ann: Listener
) -> None:
    states: list[bool] = []
    stage.voice.on_change = lambda: states.append(stage.voice.is_speaking)
    reply = stage.voice.speak()
    assert not stage.voice.is_speaking
    reply.append(ONE + TWO)
    assert stage.voice.is_speaking
    await eventually(lambda: ann.loud, LIMIT)
    stage.voice.pause()
    assert not stage.voice.is_speaking
    stage.voice.resume()
    assert stage.voice.is_speaking
    reply.finish()
    await spoken_to_the_end(stage)
    assert states[0]
    assert not states[-1]


async def test_a_request_ends_when_its_sound_is_not_wanted_any_more(
    stage: Stage, ann: Listener, speech: FakeSpeech
) -> None:
    hold = threading.Event()
    speech.speak = lambda line: SpeechReply(line.text, hold=hold)
    reply = stage.voice.speak()
    reply.append(ONE)
    reply.finish()
    await eventually(lambda: speech.open, LIMIT)
    stage.voice.silence()
    await eventually(lambda: speech.cancelled, LIMIT)
    hold.set()
    assert not stage.changes


async def test_a_last_frame_that_is_not_played_leaves_it_silent(
    stage: Stage, ann: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(frame: rtc.AudioFrame) -> None:
        raise NotPlayedError

    reply = stage.voice.speak()
    reply.append(ONE)
    reply.finish()
    await eventually(lambda: ann.loud, LIMIT)
    await eventually(lambda: reply.is_over, LIMIT)
    stage.voice.pause()
    monkeypatch.setattr(stage.voice._track, "play", refuse)
    stage.voice.resume()
    await eventually(lambda: not list(voice_tasks()), LIMIT)
    assert not stage.voice.is_audible
    assert not stage.voice.is_speaking


async def test_nobody_with_ears_costs_nothing(stage: Stage, speech: FakeSpeech) -> None:
    reply = stage.voice.speak()
    reply.append(ONE)
    reply.finish()
    assert not list(voice_tasks())
    assert not speech.lines


async def test_a_room_that_does_not_listen_holds_nothing_up(
    stage: Stage,
    speech: FakeSpeech,
    livekit_server: LiveKitServer,
    token: MintToken,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("speech.voice.agent_track.SUBSCRIBE_LIMIT", 0.2)
    reader = Listener()
    await reader.connect(livekit_server.url, token("reader", stage.name), listens=False)
    await eventually(lambda: stage.room.remote_participants)
    for _ in range(2):
        reply = stage.voice.speak()
        reply.append(ONE)
        reply.finish()
        await spoken_to_the_end(stage)
    assert texts(speech) == [ONE.strip()]
    reader.listen()
    await eventually(stage.voice._is_heard, LIMIT)
    reply = stage.voice.speak()
    reply.append(TWO)
    reply.finish()
    await eventually(lambda: reader.loud, LIMIT)
    await reader.aclose()


async def test_trouble_is_told_once_and_leaves_the_rest_of_the_reply_unspoken(
    stage: Stage, ann: Listener, speech: FakeSpeech
) -> None:
    def speak(line: Line) -> SpeechReply:
        return SpeechReply(line.text, status=200 if line.text.startswith("A") else 401)

    speech.speak = speak
    reply = stage.voice.speak()
    reply.append(ONE + TWO + THREE[:5])
    await eventually(lambda: stage.troubles, LIMIT)
    reply.append(THREE[5:])
    reply.finish()
    await spoken_to_the_end(stage)
    assert stage.troubles == [Trouble.REFUSED]
    assert texts(speech) == [ONE.strip(), TWO.strip()]
    assert ann.loud


async def test_it_does_not_seem_to_speak_when_no_sound_came(
    stage: Stage, ann: Listener, speech: FakeSpeech
) -> None:
    speech.speak = lambda line: SpeechReply(status=401)
    states: list[bool] = []
    stage.voice.on_change = lambda: states.append(stage.voice.is_speaking)
    reply = stage.voice.speak()
    reply.append(ONE)
    reply.finish()
    await spoken_to_the_end(stage)
    assert states == [True, False]


async def test_it_says_that_it_speaks_again_before_the_next_reply_sounds(
    stage: Stage, ann: Listener
) -> None:
    states: list[bool] = []
    stage.voice.on_change = lambda: states.append(stage.voice.is_speaking)
    for text in ("Aaa.", "Bbb."):
        reply = stage.voice.speak()
        reply.append(text)
        reply.finish()
        assert states[-1]
        assert not stage.voice.is_audible
        await spoken_to_the_end(stage)
        assert not states[-1]


async def test_it_knows_its_own_words_again_while_they_are_spoken(
    stage: Stage, ann: Listener
) -> None:
    reply = stage.voice.speak()
    reply.append("The red fox runs home. ")
    reply.finish()
    loop = asyncio.get_running_loop()
    assert not stage.voice.is_own("the red fox runs", _utterance(loop.time()))
    await eventually(lambda: ann.loud, LIMIT)
    assert stage.voice.is_own("the red fox runs", _utterance(loop.time()))
    await spoken_to_the_end(stage)
    assert not stage.voice.is_own("the red fox runs", _utterance(loop.time() + BEFORE + 0.1))


async def test_a_track_that_was_removed_is_published_again(stage: Stage, ann: Listener) -> None:
    for _ in range(2):
        reply = stage.voice.speak()
        reply.append(ONE)
        reply.finish()
        await eventually(lambda: ann.loud, LIMIT)
        await spoken_to_the_end(stage)
        (sid,) = stage.room.local_participant.track_publications
        await stage.room.local_participant.unpublish_track(sid)
        await eventually(ann.unpublished, LIMIT)
        ann.unpublished.clear()
        ann.frames.clear()


async def test_after_a_full_reconnection_it_speaks_on_the_same_track(
    stage: Stage, ann: Listener
) -> None:
    reconnected = asyncio.Event()
    stage.room.on("reconnected", reconnected.set)
    for text in (ONE, TWO):
        reply = stage.voice.speak()
        reply.append(text)
        reply.finish()
        await eventually(lambda: ann.loud, LIMIT)
        await spoken_to_the_end(stage)
        assert len(stage.room.local_participant.track_publications) == 1
        await stage.room.simulate_scenario(SimulateScenarioKind.SIMULATE_FULL_RECONNECT)
        await eventually(reconnected, LIMIT)
        reconnected.clear()
        ann.frames.clear()


async def test_nothing_is_published_in_a_room_where_nobody_is_left(
    stage: Stage, ann: Listener, livekit_server: LiveKitServer, token: MintToken
) -> None:
    reply = stage.voice.speak()
    reply.append(ONE + TWO)
    await eventually(lambda: ann.loud, LIMIT)
    await ann.room.disconnect()
    await eventually(lambda: not stage.room.local_participant.track_publications)
    await spoken_to_the_end(stage)
    assert not stage.voice.is_speaking
    ben = Listener()
    await ben.connect(livekit_server.url, token("ben", stage.name))
    await eventually(lambda: stage.room.remote_participants)
    later = stage.voice.speak()
    later.append(THREE)
    later.finish()
    await eventually(lambda: ben.loud, LIMIT)
    await ben.aclose()


async def test_who_leaves_others_behind_takes_no_voice_along(
    stage: Stage, ann: Listener, livekit_server: LiveKitServer, token: MintToken
) -> None:
    ben = Listener()
    await ben.connect(livekit_server.url, token("ben", stage.name))
    await eventually(lambda: len(stage.room.remote_participants) == 2)
    reply = stage.voice.speak()
    reply.append(ONE + TWO + THREE)
    reply.finish()
    await eventually(lambda: ann.loud and ben.loud, LIMIT)
    await ben.room.disconnect()
    await eventually(lambda: len(stage.room.remote_participants) == 1)
    assert stage.voice.is_speaking
    assert stage.room.local_participant.track_publications
    await ben.aclose()


async def test_closing_takes_the_track_back_and_leaves_nothing(
    stage: Stage, ann: Listener, speech: FakeSpeech
) -> None:
    reply = stage.voice.speak()
    reply.append(ONE + TWO)
    await eventually(lambda: ann.loud, LIMIT)
    await stage.voice.aclose()
    await eventually(ann.unpublished, LIMIT)
    assert not list(voice_tasks())
    assert not stage.room.local_participant.track_publications
    late = stage.voice.speak()
    late.append(THREE)
    late.finish()
    assert not list(voice_tasks())


async def test_a_room_that_is_lost_while_it_speaks_leaves_no_task(
    stage: Stage, ann: Listener
) -> None:
    reply = stage.voice.speak()
    reply.append(ONE)
    reply.finish()
    await eventually(lambda: ann.loud, LIMIT)
    await stage.room.disconnect()
    await spoken_to_the_end(stage)
    late = stage.voice.speak()
    late.append(TWO)
    late.finish()
    await spoken_to_the_end(stage)
    async with asyncio.timeout(1.0):
        await stage.voice.aclose()


def _utterance(began_at: float) -> Utterance:
    return Utterance("u", "ann", "TR_ann", began_at)


@pytest.mark.parametrize("kind", ["agent", "egress"])
async def test_machines_have_no_ears(
    stage: Stage, livekit_server: LiveKitServer, token: MintToken, kind: ParticipantKind
) -> None:
    machine = Listener()
    await machine.connect(livekit_server.url, token("machine", stage.name, kind=kind))
    await eventually(lambda: stage.room.remote_participants)
    reply = stage.voice.speak()
    reply.append(ONE)
    reply.finish()
    assert not list(voice_tasks())
    await machine.aclose()


@pytest.mark.parametrize(
    ("may_publish", "sources", "speaks"),
    [
        (False, [], False),
        (True, [rtc.TrackSource.SOURCE_CAMERA], False),
        (True, [], True),
        (True, [rtc.TrackSource.SOURCE_MICROPHONE], True),
    ],
)
async def test_it_asks_for_no_sound_that_it_may_not_publish(
    stage: Stage, may_publish: bool, sources: list[rtc.TrackSource.ValueType], speaks: bool
) -> None:
    room = FakeRoom()
    room.connected = True
    room.join("ann")
    room.me.permissions.can_publish = may_publish
    room.me.permissions.can_publish_sources.extend(sources)
    voice = Voice(room, stage.synthesizer, on_trouble=lambda _: None)
    reply = voice.speak()
    reply.append(ONE)
    reply.finish()
    assert bool(list(voice_tasks())) is speaks
    voice.silence()
    await eventually(lambda: not list(voice_tasks()))


async def test_a_reply_that_cannot_be_published_is_dropped_and_the_next_one_is_tried(
    stage: Stage, ann: Listener, speech: FakeSpeech, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> rtc.LocalTrackPublication:
        raise rtc.participant.PublishTrackError("by script")

    with monkeypatch.context() as patch:
        patch.setattr(stage.room.local_participant, "publish_track", refuse)
        reply = stage.voice.speak()
        reply.append(f"{ONE}B")
        await spoken_to_the_end(stage)
        reply.append(TWO[1:])
        reply.finish()
        await spoken_to_the_end(stage)
    reply = stage.voice.speak()
    reply.append(THREE)
    reply.finish()
    await eventually(lambda: ann.loud, LIMIT)
    assert TWO.strip() not in texts(speech)
    assert not stage.troubles
