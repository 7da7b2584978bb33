"""What people say is shown once in every client that can, as theirs, before it is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from livekit import rtc

from chat import ChatManager
from chat.sending.outgoing import ANNOUNCEMENT_LAG
from chat.sending.transcripts import SHOWN_LIMIT
from tests.doubles import Chunk, Client, FakeRoom, Fate, Frame, Header, Page, Trailer, say_hello
from tests.virtual_time import run_in_virtual_time

AGENT = rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
STANDARD = rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD
LONG_AFTER = 120.0
"""Seconds after which nothing is under way any more."""

READ_SEGMENTS = (Client.WEB_SESSION, Client.ANDROID)
"""Clients that show transcripts beside messages."""

SESSIONS = (Client.SESSION, Client.UNITY)
"""Clients that show transcripts only, and name nobody."""

DEAF = (Client.WEB_PROTOBUF, Client.WEB_JSON, Client.OLD_MANAGER, Client.APPENDER, Client.RAW)
"""Clients whose dialect has no place for transcripts."""


class Hall:
    """A room with pages, in which Ann speaks."""

    def __init__(self, kind: rtc.ParticipantKind.ValueType = AGENT) -> None:
        self.room = FakeRoom(kind=kind)
        self.chat = ChatManager(self.room)
        self.pages: dict[str, Page] = {}
        self.room.me.on_frame = self._take

    def enter(
        self, identity: str, client: Client = Client.WEB_SESSION, *, silent: bool = False
    ) -> Page:
        participant = self.room.announce(identity)
        participant._info.name = identity.capitalize()
        if not silent:
            say_hello(self.room, identity, client)
        page = self.pages[identity] = Page(identity, client)
        self.room.activate(identity)
        return page

    def leave(self, identity: str) -> None:
        del self.pages[identity]
        self.room.leave(identity)

    async def say(self, text: str, *, final: bool = False, speaker: str = "ann") -> None:
        await self.chat.show_transcript(speaker, "SG_1", text, final=final)

    @property
    def sent(self) -> list[tuple[str, str, tuple[str, ...], str]]:
        """Of each stream its sender, whether it is final, to whom it went, and its text."""
        frames = self.room.me.sent
        return [
            (
                header.sender,
                header.attributes["lk.transcription_final"],
                header.addressees,
                "".join(
                    f.text
                    for f in frames
                    if isinstance(f, Chunk) and f.stream_id == header.stream_id
                ),
            )
            for header in frames
            if isinstance(header, Header) and header.topic == "lk.transcription"
        ]

    def _take(self, frame: Frame) -> None:
        for page in self.pages.values():
            page.take(frame)


def play(scenario: Callable[[Hall], Coroutine[Any, Any, None]]) -> None:
    """Run a scenario in a hall, in virtual time."""

    async def run() -> None:
        hall = Hall()
        await scenario(hall)
        await hall.chat.aclose()

    run_in_virtual_time(run())


@pytest.fixture
async def hall() -> Hall:
    return Hall()


async def test_each_state_is_a_stream_of_the_speakers_own(hall: Hall) -> None:
    hall.enter("ann")
    await hall.chat.show_transcript("ann", "SG_1", "What is", final=False, track_sid="TR_1")
    await hall.chat.show_transcript("ann", "SG_1", "What is it?", final=True, track_sid="TR_1")

    attributes = {"lk.segment_id": "SG_1", "lk.transcribed_track_id": "TR_1"}
    interim = {**attributes, "lk.transcription_final": "false"}
    final = {**attributes, "lk.transcription_final": "true"}
    assert hall.room.me.sent == [
        Header("minted-1", "lk.transcription", ("ann",), interim, "ann"),
        Chunk("minted-1", 0, "What is"),
        Trailer("minted-1"),
        Header("minted-2", "lk.transcription", ("ann",), final, "ann"),
        Chunk("minted-2", 0, "What is it?"),
        Trailer("minted-2"),
    ]


@pytest.mark.parametrize("client", [*READ_SEGMENTS, *SESSIONS])
def test_the_speaker_sees_it_once_as_their_own(client: Client) -> None:
    async def scenario(hall: Hall) -> None:
        ann = hall.enter("ann", client)
        await asyncio.sleep(0.5)  # In which the other clients' dialect is known.
        await hall.say("What is")
        await hall.say("What is it?", final=True)
        assert ann.shown == [("ann", "What is it?")]

    play(scenario)


@pytest.mark.parametrize("client", READ_SEGMENTS)
@pytest.mark.parametrize("silent", [False, True])
async def test_others_see_it_once_as_the_speakers(hall: Hall, client: Client, silent: bool) -> None:
    hall.enter("ann")
    ben = hall.enter("ben", client, silent=silent)
    await hall.say("What is")
    await hall.say("What is it?", final=True)
    assert ben.shown == [("ann", "What is it?")]


def test_where_nobody_is_named_the_words_say_whose_they_are() -> None:
    async def scenario(hall: Hall) -> None:
        ann, ben = hall.enter("ann", Client.SESSION), hall.enter("ben", Client.SESSION)
        await asyncio.sleep(1)
        await hall.say("What is")
        await hall.say("What is it?", final=True)
        assert ann.shown == [("ann", "What is it?")]
        assert ben.shown == [("", "Ann: What is it?")]

    play(scenario)


@pytest.mark.parametrize("client", DEAF)
def test_clients_without_a_place_for_it_are_sent_nothing(client: Client) -> None:
    async def scenario(hall: Hall) -> None:
        hall.enter("ann", client)
        await asyncio.sleep(1)
        await hall.say("What is")
        await hall.say("What is it?", final=True)
        assert hall.room.me.sent == []

    play(scenario)


@pytest.mark.parametrize("client", [*READ_SEGMENTS, *SESSIONS])
def test_it_stands_above_the_answer(client: Client) -> None:
    async def scenario(hall: Hall) -> None:
        ann = hall.enter("ann", client)
        await asyncio.sleep(1)
        await hall.say("What is")
        await hall.say("What is it?", final=True)
        *_, end = hall.room.me.sent
        assert isinstance(end, Trailer)
        reply = await hall.chat.send_message("It", complete=False)
        reply.message = "It is."
        await hall.chat.update_message(reply)
        assert ann.shown == [("ann", "What is it?"), ("", "It is.")]

    play(scenario)


def test_it_does_not_disturb_a_reply_that_grows() -> None:
    async def scenario(hall: Hall) -> None:
        ann, ben = hall.enter("ann", Client.SESSION), hall.enter("ben", Client.SESSION)
        await asyncio.sleep(1)
        reply = await hall.chat.send_message("One, ", complete=False)
        await hall.say("And", speaker="ben")
        reply.message = "One, two, "
        await hall.chat.update_message(reply, complete=False)
        await hall.say("And then?", final=True, speaker="ben")
        reply.message = "One, two, three."
        await hall.chat.update_message(reply)
        assert ann.shown == [("", "One, two, three."), ("", "Ben: And then?")]
        assert ben.shown == [("", "One, two, three."), ("ben", "And then?")]

    play(scenario)


async def test_what_the_speaker_types_is_apart_from_it(hall: Hall) -> None:
    ann = hall.enter("ann")
    await hall.say("First", final=True)
    await hall.chat.send_message("Second")
    await hall.chat.show_transcript("ann", "SG_2", "Third", final=True)
    assert ann.shown == [("ann", "First"), ("", "Second"), ("ann", "Third")]


async def test_transcripts_of_two_people_may_have_one_id(hall: Hall) -> None:
    hall.enter("ann")
    hall.enter("ben")
    await hall.say("One", final=True)
    await hall.say("Two", final=True, speaker="ben")
    assert [(sender, text) for sender, _, _, text in hall.sent] == [("ann", "One"), ("ben", "Two")]


async def test_nothing_follows_the_final_state(hall: Hall) -> None:
    hall.enter("ann")
    await hall.say("What is it?", final=True)
    sent = list(hall.room.me.sent)
    await hall.say("What is")
    await hall.say("What is it?", final=True)
    await hall.say("Else?", final=True)
    assert hall.room.me.sent == sent


async def test_blank_texts_are_not_sent(hall: Hall) -> None:
    hall.enter("ann")
    await hall.say(" ")
    await hall.say("\u200b", final=True)
    assert hall.room.me.sent == []


async def test_a_blank_final_text_ends_what_is_shown(hall: Hall) -> None:
    hall.enter("ann")
    await hall.say("What is")
    await hall.say(" ")
    await hall.say("", final=True)
    assert hall.sent == [
        ("ann", "false", ("ann",), "What is"),
        ("ann", "true", ("ann",), "What is"),
    ]


async def test_half_a_character_is_replaced(hall: Hall) -> None:
    ann = hall.enter("ann")
    await hall.say("a\ud83d", final=True)
    assert ann.texts == ["a\ufffd"]


@pytest.mark.parametrize("client", [*READ_SEGMENTS, *SESSIONS])
def test_a_text_of_several_chunks_is_shown_whole(client: Client) -> None:
    text = "ü" * 20_000

    async def scenario(hall: Hall) -> None:
        ann = hall.enter("ann", client)
        await asyncio.sleep(1)
        await hall.say(text, final=True)
        assert ann.texts == [text]

    # As the SDK does it: at most 7,500 of these fit into a chunk.
    with patch("tests.doubles.room.FakeWriter.write", _write_in_chunks):
        play(scenario)


async def _write_in_chunks(writer: Any, text: str) -> None:
    for begin in range(0, len(text), 7_500):
        await writer._send(Chunk(writer._stream_id, writer._index, text[begin : begin + 7_500]))
        writer._index += 1


async def test_the_end_of_a_long_text_says_that_it_is_final(hall: Hall) -> None:
    hall.enter("ann")
    await hall.say("a" * 15_001, final=True)
    assert hall.sent[0][1] == "false"
    assert hall.room.me.sent[-1] == Trailer("minted-1", {"lk.transcription_final": "true"})


def test_only_the_newest_state_waits_for_the_one_that_is_written() -> None:
    async def scenario(hall: Hall) -> None:
        hall.enter("ann")
        hall.room.me.open.clear()
        async with asyncio.TaskGroup() as states:
            for text in ("a", "a b", "a b c"):
                states.create_task(hall.say(text))
                await asyncio.sleep(0.1)
            states.create_task(hall.say("a b c d", final=True))
            await asyncio.sleep(0.1)
            hall.room.me.open.set()
        assert [text for *_, text in hall.sent] == ["a", "a b c d"]

    play(scenario)


def test_it_waits_for_a_stuck_write_only_so_long() -> None:
    async def scenario(hall: Hall) -> None:
        ann = hall.enter("ann")
        hall.room.me.fates.append(Fate.STUCK)
        began = asyncio.get_running_loop().time()
        await hall.say("What is it?", final=True)
        assert asyncio.get_running_loop().time() - began == pytest.approx(SHOWN_LIMIT)
        await asyncio.sleep(LONG_AFTER)
        assert ann.texts == ["What is it?"]

    play(scenario)


@pytest.mark.parametrize("frame", [0, 1, 2])
@pytest.mark.parametrize("fate", [Fate.FAILED, Fate.UNCONFIRMED, Fate.REFUSED])
def test_a_write_that_fails_is_tried_again(frame: int, fate: Fate) -> None:
    async def scenario(hall: Hall) -> None:
        ann = hall.enter("ann")
        hall.room.me.fates.extend([Fate.DELIVERED] * frame + [fate])
        await hall.say("What is it?", final=True)
        assert ann.shown == [("ann", "What is it?")]

    play(scenario)


def test_what_cannot_be_delivered_is_counted() -> None:
    async def scenario(hall: Hall) -> None:
        hall.enter("ann")
        hall.enter("ben")
        hall.room.me.fates.extend([Fate.FAILED] * 100)
        await hall.say("What is it?", final=True)
        await asyncio.sleep(LONG_AFTER)
        assert hall.chat.undelivered == 2

    play(scenario)


def test_what_a_lost_connection_took_is_sent_again() -> None:
    async def scenario(hall: Hall) -> None:
        ann = hall.enter("ann")
        await hall.say("First", final=True)
        hall.room.me.fates.append(Fate.STUCK)
        second = hall.chat.show_transcript("ann", "SG_2", "Second", final=True)
        waiting = asyncio.ensure_future(second)
        await asyncio.sleep(0.1)
        hall.room.emit("reconnected")
        await waiting
        await asyncio.sleep(LONG_AFTER)
        assert ann.texts == ["First", "Second"]
        assert [text for *_, text in hall.sent] == ["First", "Second"]

    play(scenario)


def test_without_permission_it_waits() -> None:
    async def scenario(hall: Hall) -> None:
        ann = hall.enter("ann")
        await hall.say("Heard", final=True)
        await asyncio.sleep(LONG_AFTER)
        hall.room.permit(writing=False)
        await hall.chat.show_transcript("ann", "SG_2", "What", final=False)
        await hall.chat.show_transcript("ann", "SG_2", "What is it?", final=True)
        reply = hall.chat.send_message("It is.")
        await reply
        assert ann.texts == ["Heard"]
        hall.room.permit(writing=True)
        await asyncio.sleep(1)
        assert ann.shown == [("ann", "Heard"), ("ann", "What is it?"), ("", "It is.")]

    play(scenario)


@pytest.mark.parametrize(
    ("seconds", "shown"), [(ANNOUNCEMENT_LAG - 1, ["What is it?"]), (ANNOUNCEMENT_LAG + 1, [])]
)
def test_who_comes_soon_after_it_sees_it(seconds: float, shown: list[str]) -> None:
    async def scenario(hall: Hall) -> None:
        hall.enter("ann")
        await hall.say("What is it?", final=True)
        await asyncio.sleep(seconds)
        assert hall.enter("ben").texts == []
        await asyncio.sleep(1)
        assert hall.pages["ben"].texts == shown
        assert hall.pages["ann"].texts == ["What is it?"]
        assert len(hall.sent) == 1 + len(shown)

    play(scenario)


def test_who_comes_to_an_empty_room_later_sees_nothing() -> None:
    async def scenario(hall: Hall) -> None:
        await hall.say("What is it?", final=True)
        await asyncio.sleep(ANNOUNCEMENT_LAG + 1)
        ben = hall.enter("ben")
        await asyncio.sleep(1)
        assert ben.texts == []

    play(scenario)


def test_who_comes_while_it_grows_sees_it_at_once() -> None:
    async def scenario(hall: Hall) -> None:
        hall.enter("ann")
        await hall.say("What is")
        await asyncio.sleep(ANNOUNCEMENT_LAG + 1)
        ben = hall.enter("ben")
        await asyncio.sleep(1)
        assert ben.texts == ["What is"]
        await hall.say("What is it?", final=True)
        assert ben.shown == [("ann", "What is it?")]

    play(scenario)


def test_who_is_there_but_not_active_yet_gets_it_then() -> None:
    async def scenario(hall: Hall) -> None:
        hall.enter("ann")
        hall.room.announce("ben")
        await hall.say("What is it?", final=True)
        await asyncio.sleep(LONG_AFTER)
        hall.room.activate("ben")
        await asyncio.sleep(1)
        assert hall.sent[1:] == [("ann", "true", ("ben",), "What is it?")]

    play(scenario)


async def test_the_words_of_somebody_who_left_say_whose_they_are(hall: Hall) -> None:
    ben = hall.enter("ben")
    hall.enter("ann")
    await hall.say("What is")
    hall.leave("ann")
    await hall.say("What is it?", final=True)
    assert ben.texts == ["Ann: What is it?"]
    assert hall.sent[-1] == ("ann", "true", ("ben",), "Ann: What is it?")


async def test_somebody_unknown_is_named_by_the_identity(hall: Hall) -> None:
    ben = hall.enter("ben")
    await hall.say("What is it?", final=True, speaker="zoe")
    assert ben.texts == ["zoe: What is it?"]


async def test_a_name_cannot_look_like_more(hall: Hall) -> None:
    ben = hall.enter("ben")
    hall.enter("ann")
    hall.room.remote_participants["ann"]._info.name = "A\nnn\x1b[31m"
    await hall.say("Hello")
    hall.leave("ann")
    await hall.say("Hello", final=True)
    assert ben.texts == ["A nn[31m: Hello"]


def test_an_encrypted_room_shows_it_as_ours_with_the_name() -> None:
    async def scenario(hall: Hall) -> None:
        hall.room.encrypt()
        ann, ben = hall.enter("ann"), hall.enter("ben")
        swift = hall.enter("swift", Client.SESSION)
        await asyncio.sleep(1)
        await hall.say("What is it?", final=True)
        assert ann.shown == ben.shown == [("", "Ann: What is it?")]
        assert swift.shown == []

    play(scenario)


async def test_who_is_no_agent_shows_it_as_theirs_with_the_name() -> None:
    hall = Hall(kind=STANDARD)
    ben = hall.enter("ben")
    hall.enter("ann")
    await hall.say("What is it?", final=True)
    assert ben.shown == [("", "Ann: What is it?")]


async def test_closing_waits_until_it_is_delivered(hall: Hall) -> None:
    ann = hall.enter("ann")
    hall.room.me.fates.append(Fate.SLOW)
    saying = asyncio.ensure_future(hall.say("What is it?", final=True))
    await asyncio.sleep(0)
    await hall.chat.aclose()
    await saying
    assert ann.texts == ["What is it?"]


async def test_closing_at_once_gives_it_up(hall: Hall) -> None:
    ann = hall.enter("ann")
    before = asyncio.all_tasks()
    hall.room.me.open.clear()
    saying = asyncio.ensure_future(hall.say("What is it?", final=True))
    await asyncio.sleep(0)
    hall.chat.close()
    await asyncio.wait_for(saying, 5)
    assert asyncio.all_tasks() == before
    assert ann.texts == []


people = st.lists(
    st.sampled_from([*READ_SEGMENTS, *DEAF, Client.SESSION]), min_size=1, max_size=4, unique=True
)
steps = st.lists(
    st.tuples(st.just("say"), st.text("ab ", min_size=1, max_size=3))
    | st.tuples(st.just("wait"), st.sampled_from([0.0, 0.01, 0.3, 3.0]))
    | st.tuples(st.sampled_from(["come", "go"]), st.integers(0, 3))
    | st.tuples(st.just("reconnect"), st.none()),
    max_size=10,
)
fates = st.lists(st.sampled_from([f for f in Fate if f is not Fate.REFUSED]), max_size=12)


@settings(deadline=None, max_examples=150)
@given(people, steps, fates)
def test_whatever_happens_the_final_words_are_shown_once(
    clients: list[Client], steps: list[tuple[str, Any]], fates: list[Fate]
) -> None:
    async def scenario(hall: Hall) -> None:
        names = {client.name.lower(): client for client in clients}
        hall.enter("ann")
        for identity, client in names.items():
            hall.enter(identity, client)
        await asyncio.sleep(1)
        hall.room.me.fates.extend(fates)
        text, saying = "", []
        for step, value in [*steps, ("say", "!")]:
            match step:
                case "say":
                    text += value
                    saying.append(asyncio.ensure_future(hall.say(text)))
                    await asyncio.sleep(0)
                case "wait":
                    await asyncio.sleep(value)
                case "come" | "go":
                    identity = [*names][value % len(names)]
                    if step == "come" and identity not in hall.pages:
                        hall.enter(identity, names[identity])
                    elif step == "go" and identity in hall.pages:
                        hall.leave(identity)
                case "reconnect":
                    for page in hall.pages.values():
                        page.lose_connection()
                    hall.room.emit("reconnected")
        await asyncio.gather(*saying, hall.say(text, final=True))
        await asyncio.sleep(LONG_AFTER)
        for page in hall.pages.values():
            expected = [] if page.client in DEAF else [text]
            expected = [f"Ann: {text}"] if page.client is Client.SESSION else expected
            assert page.texts == expected, page.client

    with patch("chat.sending.channels.retries.RETRY_LIMIT", float("inf")):
        play(scenario)
