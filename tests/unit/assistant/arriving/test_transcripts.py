"""What people say is shown in order, and holds up nothing for long."""

from __future__ import annotations

import asyncio

import pytest

from assistant.arriving.transcripts import SHOWING_LIMIT, Transcripts
from chat import ChatManager
from speech.utterance import Utterance
from tests.doubles.frames import Chunk, Frame
from tests.doubles.room import FakeRoom
from tests.unit.assistant.arriving.speakers import Screen
from tests.virtual_time import run_in_virtual_time
from tests.waiting import eventually

FIRST = Utterance("a-1", "ada", "TR_ada", 0.0)
SECOND = Utterance("a-2", "ada", "TR_ada", 1.0)
OTHER = Utterance("b-1", "bob", "TR_bob", 0.0)


def texts(screen: Screen) -> list[str]:
    return [shown.text + ("." if shown.final else "") for shown in screen.shown]


async def test_each_state_is_shown_in_order_and_then_it_goes_on() -> None:
    screen, done = Screen(), list[str]()
    transcripts = Transcripts(screen.show)
    transcripts.show(FIRST, "one")
    await eventually(lambda: screen.shown)
    assert transcripts.shown(FIRST) == "one"
    transcripts.finish(FIRST, "one two", lambda: done.append("first"))
    transcripts.finish(SECOND, "three", lambda: done.append("second"))
    await eventually(lambda: len(done) == 2)
    assert texts(screen) == ["one", "one two.", "three."]
    assert done == ["first", "second"]
    assert transcripts.shown(FIRST) == ""


async def test_words_that_are_old_when_they_could_be_shown_are_left_out() -> None:
    screen, done = Screen(), asyncio.Event()
    transcripts = Transcripts(screen.show)
    screen.open.clear()
    for text in ("one", "one two", "one two three"):
        transcripts.show(FIRST, text)
    transcripts.finish(FIRST, "all", done.set)
    screen.open.set()
    await eventually(done)
    assert texts(screen) == ["all."]


@pytest.mark.parametrize(("interims", "after"), [(0, SHOWING_LIMIT), (3, 2 * SHOWING_LIMIT)])
def test_a_slow_link_holds_up_nothing_for_long(interims: int, after: float) -> None:
    async def main() -> float:
        screen, done = Screen(), asyncio.Event()
        screen.open.clear()
        transcripts = Transcripts(screen.show)
        for number in range(interims):
            transcripts.show(FIRST, str(number))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        transcripts.finish(FIRST, "all", done.set)
        await done.wait()
        screen.open.set()
        await asyncio.sleep(0.1)
        assert texts(screen)[-1] == "all."
        return asyncio.get_running_loop().time() - 0.1

    assert run_in_virtual_time(main()) <= after + 0.01


async def test_one_speaker_does_not_wait_for_another() -> None:
    screen, done = Screen(), asyncio.Event()
    stuck = asyncio.Event()

    async def show(
        identity: str, transcript_id: str, text: str, *, final: bool, track_sid: str = ""
    ) -> None:
        if identity == "ada":
            await stuck.wait()
        await screen.show(identity, transcript_id, text, final=final, track_sid=track_sid)

    transcripts = Transcripts(show)
    transcripts.finish(FIRST, "one", lambda: None)
    transcripts.finish(OTHER, "two", done.set)
    await eventually(done, limit=SHOWING_LIMIT / 2)
    assert texts(screen) == ["two."]
    transcripts.close()


async def test_what_fails_leaves_what_comes_after_it_alone() -> None:
    screen, done = Screen(), asyncio.Event()
    transcripts = Transcripts(screen.show)

    def fail() -> None:
        raise ValueError

    transcripts.finish(FIRST, "one", fail)
    transcripts.finish(SECOND, "two", done.set)
    await eventually(done)
    assert texts(screen) == ["one.", "two."]


async def test_once_closed_it_shows_and_calls_nothing() -> None:
    screen, done = Screen(), list[str]()
    transcripts = Transcripts(screen.show)
    screen.open.clear()
    transcripts.finish(FIRST, "one", lambda: done.append("first"))
    await asyncio.sleep(0)
    transcripts.close()
    screen.open.set()
    later = asyncio.Event()
    Transcripts(screen.show).finish(OTHER, "two", later.set)
    await eventually(later)
    assert texts(screen) == ["two."]
    assert not done


async def test_a_real_chat_has_sent_the_words_when_it_goes_on() -> None:
    room, done = FakeRoom(), asyncio.Event()
    room.connected = True
    for identity in ("ada", "bob"):
        room.join(identity)
    chat = ChatManager(room)
    sent: list[Frame] = []
    Transcripts(chat.show_transcript).finish(FIRST, "hello", lambda: sent.extend(room.me.sent))
    Transcripts(chat.show_transcript).finish(OTHER, "bye", done.set)
    await eventually(done)
    assert any(isinstance(frame, Chunk) and "hello" in frame.text for frame in sent)
    chat.close()
