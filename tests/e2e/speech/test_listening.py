"""One person speaks: every word becomes a line of theirs, once, and is answered like a typed one."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

import pytest
from livekit import rtc

from tests.doubles import FakeOpenAI, Reply
from tests.e2e.scripts import conversation, in_turn
from tests.e2e.speech.sound import silence
from tests.e2e.speech.speaker import AGENT, Speaker
from tests.e2e.speech.stage import Stage, asked, open_house
from tests.e2e.speech.vanishing import vanishing_speaker
from tests.e2e.speech.voices import HIGH, LOW, say, words_of
from tests.speech_service import SpeechService
from tests.waiting import eventually
from worker.devstack.livekit_server import LiveKitServer

BERLIN = "What time is it in Berlin?"
TEA = "I would like a cup of green tea."
MOON = "How far away is the moon?"
STATION = "Please tell me the way to the train station."
HONEY = "Assistant, how do bees make honey?"
RIVER = "My sister lives near the river."
SENTENCES = (BERLIN, TEA, MOON, STATION, RIVER)

SECRET = "s" * 40

PAUSE = 1.2
"""Seconds after which one has finished."""

PROMPT = 3.0
"""Seconds in which a sentence is shown that was ended by something else than a pause."""


def said(text: str) -> tuple[str, str]:
    return ("ada", text)


def echoed(text: str) -> tuple[str, str]:
    return (AGENT, f"You said: {text}")


def assert_is_whole_but_for_the_seam(own_words: list[str], text: str) -> None:
    """Check one utterance, all of whose words were heard in order.

    Where a recording ends and the track goes on, less than a tenth of a second may sound twice, in which a
    transcriber hears a word more.
    """
    (heard,) = map(words_of, own_words)
    expected = words_of(text)
    rest = iter(heard)
    assert heard[0] == expected[0], heard
    assert all(word in rest for word in expected), heard
    assert len(heard) <= len(expected) + 1, heard


@pytest.mark.parametrize("voice", [HIGH, LOW])
async def test_a_sentence_is_one_bubble_one_question_and_one_answer(
    listening: Stage, llm: FakeOpenAI, voice: str
) -> None:
    async with listening.enter("ada", voice=voice) as ada:
        microphone = await ada.open_microphone()
        await ada.speak(STATION)
        await ada.follows(said(STATION), echoed(STATION))
        (bubble,) = ada.heard
        assert (bubble.identity, bubble.track_sid) == ("ada", microphone.sid)
        assert asked(llm) == [bubble.text]
        assert ada.answers == [f"You said: {bubble.text}"]
        assert not ada.voices


async def test_what_is_said_later_continues_the_conversation(
    listening: Stage, llm: FakeOpenAI
) -> None:
    llm.script = in_turn(Reply(["Noon."]), Reply(["Gladly."]), Reply(["Far."]))
    async with listening.enter("ada") as ada:
        await ada.open_microphone()
        await ada.speak(BERLIN)
        await ada.follows(said(BERLIN), (AGENT, "Noon."))
        await ada.say("thanks")
        await ada.sees("Gladly.")
        await ada.speak(MOON)
        # A client shows what one types by itself: it does not come back.
        lines = [said(BERLIN), (AGENT, "Noon."), (AGENT, "Gladly.")]
        await ada.follows(*lines, said(MOON), (AGENT, "Far."))
        assert [text for role, text in conversation(llm.requests[-1]) if role == "user"] == [
            ada.own_words[0],
            "thanks",
            ada.own_words[1],
        ]


async def test_a_short_pause_shows_the_words_so_far_and_ends_nothing(
    listening: Stage, llm: FakeOpenAI
) -> None:
    async with listening.enter("ada") as ada:
        await ada.open_microphone()
        await ada.speak(TEA)
        await ada.play(silence(0.8))
        await ada.speak(MOON)
        await ada.follows(said(f"{TEA} {MOON}"), echoed(f"{TEA} {MOON}"))
        (bubble,) = ada.heard
        assert bubble.states[0] == TEA
        assert all(bubble.text.startswith(state) for state in bubble.states)
        assert asked(llm) == [bubble.text]


async def test_words_show_while_one_thinks_what_to_say_next(listening: Stage) -> None:
    async with listening.enter("ada") as ada:
        microphone = await ada.open_microphone()
        await ada.speak(TEA)
        now = asyncio.get_running_loop().time
        ended = now()
        rest = microphone.begin(silence(PAUSE - 0.2) + say(MOON))
        await eventually(lambda: ada.own_words == [TEA])
        assert now() - ended < PAUSE
        await rest
        await ada.follows(said(f"{TEA} {MOON}"), echoed(f"{TEA} {MOON}"))


async def test_a_long_pause_ends_what_one_says(listening: Stage, llm: FakeOpenAI) -> None:
    async with listening.enter("ada") as ada:
        await ada.open_microphone()
        await ada.speak(TEA)
        await ada.follows(said(TEA), echoed(TEA))
        await ada.speak(MOON)
        await ada.follows(said(TEA), echoed(TEA), said(MOON), echoed(MOON))
        assert asked(llm) == ada.own_words


@pytest.mark.parametrize("frame", [10, 100])
async def test_a_client_may_send_frames_of_any_length(listening: Stage, frame: int) -> None:
    async with listening.enter("ada") as ada:
        await ada.open_microphone(frame=frame)
        await ada.speak(BERLIN)
        await ada.follows(said(BERLIN), echoed(BERLIN))


class TestTheFirstWordIsWhole:
    async def test_of_what_is_said_as_soon_as_the_microphone_is_there(
        self, listening: Stage
    ) -> None:
        async with listening.enter("ada") as ada:
            # What is sent before the agent has subscribed is lost, but nobody is as fast.
            await ada.open_microphone(silence(0.3) + say(STATION))
            await ada.follows(said(STATION), echoed(STATION))

    async def test_of_what_is_said_before_the_agent_has_come(
        self, listening: Stage, llm: FakeOpenAI
    ) -> None:
        async with listening.enter("ada", wait=False) as ada:
            microphone = await ada.open_microphone(say(STATION), pre_connect=True)
            await eventually(lambda: ada.agent, 40)
            assert ada.agent is not None
            await microphone.send_kept(ada.agent.identity)
            await eventually(lambda: asked(llm), 20)
            assert asked(llm) == ada.own_words
            assert_is_whole_but_for_the_seam(ada.own_words, STATION)

    async def test_of_what_is_said_while_the_agent_subscribes(
        self, listening: Stage, llm: FakeOpenAI
    ) -> None:
        async with listening.enter("ada") as ada:
            assert ada.agent is not None
            microphone = await ada.open_microphone(say(STATION), pre_connect=True)
            await microphone.send_kept(ada.agent.identity)
            await eventually(lambda: asked(llm), 20)
            assert_is_whole_but_for_the_seam(ada.own_words, STATION)

    async def test_after_a_microphone_was_open_before_the_agent_came(
        self, listening: Stage
    ) -> None:
        async with listening.enter("ada", wait=False) as ada:
            microphone = await ada.open_microphone(silence(0.1), pre_connect=False)
            await eventually(lambda: ada.agent and microphone.is_heard, 40)
            await ada.speak(STATION)
            await ada.follows(said(STATION), echoed(STATION))

    async def test_right_after_unmuting(self, listening: Stage) -> None:
        async with listening.enter("ada") as ada:
            microphone = await ada.open_microphone()
            for text in (BERLIN, MOON):
                microphone.mute()
                await ada.play(silence(0.5))
                microphone.unmute(say(text))
                await ada.sees(f"You said: {text}")
            await ada.follows(said(BERLIN), echoed(BERLIN), said(MOON), echoed(MOON))


async def _mute(ada: Speaker) -> None:
    assert ada.microphone is not None
    ada.microphone.mute()


async def _unpublish(ada: Speaker) -> None:
    assert ada.microphone is not None
    await ada.microphone.unpublish()


class TestNothingIsLost:
    @pytest.mark.parametrize("end", [_mute, _unpublish])
    async def test_of_a_sentence_whose_microphone_closes_on_its_last_word(
        self, listening: Stage, llm: FakeOpenAI, end: object
    ) -> None:
        assert callable(end)
        async with listening.enter("ada") as ada:
            await ada.open_microphone()
            await ada.play(say(STATION) + silence(0.15))
            await end(ada)
            await ada.follows(said(STATION), echoed(STATION), limit=PROMPT)
            assert asked(llm) == ada.own_words

    async def test_of_a_sentence_that_is_broken_off_and_begun_again(self, listening: Stage) -> None:
        async with listening.enter("ada") as ada:
            for text in (BERLIN, MOON):
                await ada.open_microphone()
                await ada.play(say(text) + silence(0.15))
                await _unpublish(ada)
            await ada.follows(said(BERLIN), echoed(BERLIN), said(MOON), echoed(MOON))

    async def test_of_what_somebody_says_who_leaves(
        self, listening: Stage, llm: FakeOpenAI
    ) -> None:
        async with listening.enter("bob") as bob:
            async with listening.enter("ada") as ada:
                await ada.open_microphone()
                await ada.play(say(HONEY) + silence(0.15))
            await eventually(lambda: len(bob.conversation) == 2 and bob.bubbles[-1].complete, 15)
            (bubble,) = bob.heard
            assert bubble.is_final
            # Whoever has left is no sender any more: the text says who it was.
            assert words_of(bubble.text.removeprefix("ada: ")) == words_of(HONEY)
            assert [words_of(text) for text in asked(llm)] == [words_of(HONEY)]

    async def test_of_what_somebody_says_whose_connection_breaks(
        self, listening: Stage, llm: FakeOpenAI
    ) -> None:
        async with listening.enter("bob") as bob:
            async with vanishing_speaker(listening.door, "ada", HONEY):
                await bob.sees_said("ada", HONEY, limit=20)
            await eventually(lambda: llm.requests)
            assert [words_of(text) for text in asked(llm)] == [words_of(HONEY)]

    @pytest.mark.parametrize(
        "scenario",
        [
            rtc.SimulateScenarioKind.SIMULATE_SIGNAL_RECONNECT,
            rtc.SimulateScenarioKind.SIMULATE_FULL_RECONNECT,
        ],
    )
    async def test_of_what_is_said_when_a_client_reconnects(
        self, listening: Stage, llm: FakeOpenAI, scenario: rtc.SimulateScenarioKind.ValueType
    ) -> None:
        async with listening.enter("ada") as ada:
            await ada.open_microphone()
            connected = asyncio.Event()
            ada.room.on("reconnected", connected.set)
            await ada.speak(BERLIN)
            await ada.room.simulate_scenario(scenario)
            await eventually(connected, 20)
            await ada.sees(f"You said: {BERLIN}")
            # After a full reconnection it is another track, to which the agent listens anew.
            await ada.play(silence(1))
            await ada.speak(MOON)
            await ada.follows(said(BERLIN), echoed(BERLIN), said(MOON), echoed(MOON))
            assert asked(llm) == ada.own_words

    async def test_of_what_is_said_around_a_restart_of_the_server(
        self, llm: FakeOpenAI, speech_service: SpeechService
    ) -> None:
        with ExitStack() as servers:
            first = servers.enter_context(LiveKitServer.start(api_secret=SECRET))
            house = servers.enter_context(
                open_house(llm, speech_service.base_url, "listen", server=first)
            )
            async with house.stage().enter("ada") as ada:
                await ada.open_microphone()
                await ada.speak(BERLIN)
                first.process.stop(0)
                servers.enter_context(LiveKitServer.start(first.port, api_secret=SECRET))
                await eventually(lambda: ada.room.isconnected() and ada.agent is not None, 60)
                await ada.sees_said("ada", BERLIN, limit=30)
                await ada.play(silence(2))
                await ada.speak(MOON)
                await ada.sees_said("ada", MOON, limit=30)
                await eventually(lambda: len(llm.requests) == 2)
                assert [words_of(text) for text in asked(llm)] == [words_of(BERLIN), words_of(MOON)]

    async def test_of_a_monologue_without_a_pause(self, listening: Stage, llm: FakeOpenAI) -> None:
        sentences = SENTENCES * 4
        # These pauses are too short to show anything.
        monologue = sum((say(text) + silence(0.15) for text in sentences), silence(0))
        assert monologue.seconds > 30
        async with listening.enter("ada") as ada:
            await ada.open_microphone()
            await ada.play(monologue)
            whole = " ".join(sentences)
            await ada.follows(said(whole), echoed(whole), limit=20)
            (bubble,) = ada.heard
            assert len(bubble.states) > 1
            assert asked(llm) == [bubble.text]
