"""One message on its way to the participants of one dialect."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest
from livekit import rtc

from chat import ChatMessage
from chat.dialect import Dialect
from chat.sending.channels import (
    Admission,
    Channel,
    JsonEditChannel,
    JsonFinalChannel,
    StreamChannel,
)
from chat.sending.channels.retries import RETRY_LIMIT
from chat.sending.draft import Draft, Earlier
from chat.wire import BLANK
from tests.doubles import Chunk, FakeRoom, Fate, Frame, Header, Packet, Trailer
from tests.virtual_time import run_in_virtual_time

MOMENT = datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)
MOMENT_MS = 1_790_000_000_000
CONTINUES = Trailer("1", {"chat.continues": "true"})


class Sending:
    """A channel to ada, and what it has sent."""

    def __init__(
        self,
        kind: type[Channel],
        *,
        members: tuple[str, ...] = ("ada",),
        dialect: Dialect = Dialect.STREAM,
        earlier: Earlier | None = None,
    ) -> None:
        self.me = FakeRoom().me
        self.channel = kind(self.me, ChatMessage("", "1", MOMENT))
        self.channel.admit(members, dialect, earlier)

    async def say(self, text: str, *, complete: bool = False, deleted: bool = False) -> list[Frame]:
        """Deliver a draft and return what was sent for it."""
        before = len(self.me.sent)
        self.channel.push(Draft(text, complete=complete, deleted=deleted))
        await self.channel.settled()
        return self.me.sent[before:]


def play(scenario: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        await scenario()

    run_in_virtual_time(main())


def header(**attributes: str) -> Header:
    return Header("1", "lk.chat", ("ada",), {f"chat.{k}": v for k, v in attributes.items()})


def edit(text: str, *, topic: str = "lk-chat-update-topic", deleted: bool = False) -> Packet:
    end = ',"deleted":true}' if deleted else "}"
    fields = f'{{"id":"1","message":"{text}","timestamp":{MOMENT_MS}{end}'
    return Packet(fields.encode(), topic, ("ada",))


async def test_a_stream_carries_only_tails() -> None:
    sending = Sending(StreamChannel)
    assert await sending.say("Hel") == [header(), Chunk("1", 0, "Hel")]
    assert await sending.say("Hello") == [Chunk("1", 1, "lo")]
    assert await sending.say("Hello", complete=True) == [Trailer("1")]


async def test_a_whole_message_is_one_short_stream() -> None:
    sending = Sending(StreamChannel)
    frames = await sending.say("Hello", complete=True)
    assert frames == [header(), Chunk("1", 0, "Hello"), Trailer("1")]


async def test_another_text_replaces_the_stream() -> None:
    sending = Sending(StreamChannel)
    await sending.say("Hello")
    frames = await sending.say("Bye", complete=True)
    assert frames == [CONTINUES, header(revision="true"), Chunk("1", 0, "Bye"), Trailer("1")]


@pytest.mark.parametrize("kind", [StreamChannel, JsonEditChannel])
async def test_nothing_is_sent_for_no_text(kind: type[Channel]) -> None:
    sending = Sending(kind)
    assert await sending.say("") == []
    assert await sending.say("", complete=True) == []
    assert not sending.channel.reached


@pytest.mark.parametrize("kind", [StreamChannel, JsonEditChannel])
async def test_what_was_sent_is_not_sent_again(kind: type[Channel]) -> None:
    sending = Sending(kind)
    await sending.say("hi", complete=True)
    assert await sending.say("hi", complete=True) == []


async def test_an_emptied_stream_is_not_empty_on_the_wire() -> None:
    sending = Sending(StreamChannel)
    await sending.say("hi")
    assert (await sending.say(""))[-1] == Chunk("1", 0, BLANK)
    assert (await sending.say("ho"))[-2:] == [header(revision="true"), Chunk("1", 0, "ho")]


async def test_a_stream_deletes() -> None:
    sending = Sending(StreamChannel, earlier=Earlier("hi"))
    frames = await sending.say("hi", complete=True, deleted=True)
    expected = header(revision="true", deleted="true")
    assert frames == [expected, Chunk("1", 0, BLANK), Trailer("1")]


async def test_a_new_complete_message_has_a_twin_if_told_so() -> None:
    sending = Sending(StreamChannel, dialect=Dialect.UNKNOWN)
    await sending.say("h")
    frames = await sending.say("hi", complete=True)
    twin = f'{{"id":"1","message":"hi","timestamp":{MOMENT_MS},"ignoreLegacy":true}}'
    assert frames[-1] == Packet(twin.encode(), "lk-chat-topic", ("ada",))


async def test_json_creates_and_then_edits_the_whole_text() -> None:
    sending = Sending(JsonEditChannel)
    assert await sending.say("Hel", complete=True) == [edit("Hel", topic="lk-chat-topic")]
    assert await sending.say("Hello", complete=True) == [edit("Hello")]
    deletion = await sending.say("Hello", complete=True, deleted=True)
    assert deletion == [edit("", deleted=True)]


async def test_json_edits_what_exists() -> None:
    assert await Sending(JsonEditChannel, earlier=Earlier("ho")).say("hi", complete=True) == [
        edit("hi")
    ]


def test_json_edits_are_paced_but_the_last_is_not() -> None:
    async def scenario() -> None:
        sending = Sending(JsonEditChannel)
        now = asyncio.get_running_loop().time
        await sending.say("a")
        assert now() == 0
        await sending.say("ab")
        assert now() == pytest.approx(0.25)
        await sending.say("abc", complete=True)
        assert now() == pytest.approx(0.25)

    play(scenario)


def test_a_long_text_is_edited_more_rarely() -> None:
    async def scenario() -> None:
        sending = Sending(JsonEditChannel)
        await sending.say("a" * 32_000)
        await sending.say("a" * 32_001)
        assert asyncio.get_running_loop().time() == pytest.approx(2, rel=0.01)

    play(scenario)


def test_the_last_edit_ends_the_wait_of_the_one_before() -> None:
    async def scenario() -> None:
        sending = Sending(JsonEditChannel)
        await sending.say("a")
        sending.channel.push(Draft("ab", complete=False))
        await asyncio.sleep(0.1)
        assert await sending.say("abc", complete=True) == [edit("abc")]
        assert asyncio.get_running_loop().time() == pytest.approx(0.1)

    play(scenario)


@pytest.mark.parametrize("kind", [StreamChannel, JsonEditChannel])
async def test_what_gathers_during_a_write_goes_in_the_next(kind: type[Channel]) -> None:
    sending = Sending(kind)
    sending.me.open.clear()
    for length in range(1, 6):
        sending.channel.push(Draft("abcde"[:length], complete=length == 5))
        await asyncio.sleep(0)
    sending.me.open.set()
    await sending.channel.settled()
    frames = [f for f in sending.me.sent if isinstance(f, Chunk | Packet)]
    assert len(frames) <= 2


def test_a_failed_write_is_tried_again_with_the_newest_text() -> None:
    async def scenario() -> None:
        sending = Sending(JsonEditChannel)
        sending.me.fates.append(Fate.FAILED)
        sending.channel.push(Draft("a", complete=False))
        await asyncio.sleep(0.01)
        assert await sending.say("ab", complete=True) == [edit("ab", topic="lk-chat-topic")]

    play(scenario)


@pytest.mark.parametrize(
    ("fates", "frames"),
    [
        # What could not be written is closed, perhaps again by the trailer of an empty stream.
        (
            [Fate.FAILED],
            [header(), CONTINUES, header(), Chunk("1", 0, "ab"), Trailer("1")],
        ),
        (
            [Fate.UNCONFIRMED],
            [header(), header(), CONTINUES, header(), Chunk("1", 0, "ab"), Trailer("1")],
        ),
        (
            [Fate.DELIVERED, Fate.FAILED],
            [
                header(),
                header(revision="true"),
                CONTINUES,
                header(revision="true"),
                Chunk("1", 0, "ab"),
                Trailer("1"),
            ],
        ),
        (
            [Fate.DELIVERED, Fate.STUCK],
            [
                header(),
                CONTINUES,
                header(revision="true"),
                Chunk("1", 0, "ab"),
                Trailer("1"),
            ],
        ),
    ],
)
def test_a_stream_that_failed_is_closed_before_its_id_is_used_again(
    fates: list[Fate], frames: list[Frame]
) -> None:
    async def scenario() -> None:
        sending = Sending(StreamChannel)
        sending.me.fates.extend(fates)
        assert await sending.say("ab", complete=True) == frames

    play(scenario)


@pytest.mark.parametrize("kind", [StreamChannel, JsonEditChannel])
@pytest.mark.parametrize("fate", [Fate.FAILED, Fate.STUCK])
def test_delivery_is_given_up_in_the_end(
    kind: type[Channel], fate: Fate, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        sending = Sending(kind)
        sending.me.fates.extend([fate] * 1000)
        await sending.say("a secret", complete=True)
        assert RETRY_LIMIT * 0.5 < asyncio.get_running_loop().time() < RETRY_LIMIT * 2
        assert sending.channel.stuck
        sending.me.fates.clear()
        await sending.say("a secret, again", complete=True)
        assert not sending.channel.stuck
        assert sending.channel.delivered == Draft("a secret, again")

    with caplog.at_level(logging.WARNING):
        play(scenario)
    assert [record.message for record in caplog.records] == ["chat message not delivered"]
    assert "secret" not in str(vars(caplog.records[0]))


async def test_an_unexpected_error_reaches_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    sending = Sending(JsonEditChannel)

    async def break_down(*_: object, **__: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(sending.me, "publish_data", break_down)
    with pytest.raises(KeyError, match="a bug"):
        await sending.say("hi")


@pytest.mark.parametrize("kind", [StreamChannel, JsonEditChannel])
async def test_without_members_nothing_is_sent(kind: type[Channel]) -> None:
    assert await Sending(kind, members=()).say("hi", complete=True) == []


def test_nothing_is_sent_to_those_who_left_while_it_waited() -> None:
    async def scenario() -> None:
        sending = Sending(JsonEditChannel)
        await sending.say("a")
        sending.channel.push(Draft("ab", complete=False))
        await asyncio.sleep(0.1)
        sending.channel.dismiss("ada")
        await sending.channel.settled()
        assert sending.me.sent == [edit("a", topic="lk-chat-topic")]

    play(scenario)


async def test_nothing_is_sent_to_those_who_left_while_a_stream_was_closed() -> None:
    sending = Sending(StreamChannel, dialect=Dialect.UNKNOWN)
    await sending.say("a")
    sending.me.open.clear()
    sending.channel.push(Draft("b"))
    await asyncio.sleep(0)
    sending.channel.dismiss("ada")
    sending.me.open.set()
    await sending.channel.settled()
    assert sending.me.sent == [header(), Chunk("1", 0, "a"), CONTINUES]


@pytest.mark.parametrize("during_write", [False, True])
async def test_a_restart_delivers_the_whole_text_again(during_write: bool) -> None:
    sending = Sending(StreamChannel)
    await sending.say("a")
    if during_write:
        sending.me.open.clear()
        sending.channel.push(Draft("ab", complete=False))
        await asyncio.sleep(0)
    before = len(sending.me.sent)
    sending.channel.restart()
    sending.me.open.set()
    await sending.channel.settled()
    text = "ab" if during_write else "a"
    again = [CONTINUES, header(revision="true"), Chunk("1", 0, text)]
    assert sending.me.sent[before:][-3:] == again


async def test_a_newcomer_gets_the_whole_text_on_a_new_stream() -> None:
    sending = Sending(StreamChannel)
    await sending.say("a")
    sending.channel.dismiss("ada")
    assert sending.channel.admission(Dialect.STREAM) is Admission.NOW
    sending.channel.admit({"bob"}, Dialect.STREAM, None)
    await sending.channel.settled()
    opened = Header("1", "lk.chat", ("bob",), {"chat.revision": "true"})
    assert sending.me.sent[-3:] == [CONTINUES, opened, Chunk("1", 0, "a")]


KINDS: list[tuple[type[Channel], Dialect]] = [
    (StreamChannel, Dialect.STREAM),
    (JsonEditChannel, Dialect.JSON_EDIT),
    (JsonFinalChannel, Dialect.JSON_FINAL),
]


@pytest.mark.parametrize(("kind", "dialect"), KINDS)
async def test_a_channel_takes_others_who_speak_its_dialect_before_it_begins(
    kind: type[Channel], dialect: Dialect
) -> None:
    channel = Sending(kind).channel
    assert channel.admission(dialect) is Admission.NOW
    others = set(Dialect) - channel.dialects
    assert {channel.admission(other) for other in others} == {Admission.NEVER}


@pytest.mark.parametrize("dialect", [Dialect.STREAM, Dialect.UNKNOWN])
async def test_a_stream_takes_others_only_when_it_is_closed(dialect: Dialect) -> None:
    sending = Sending(StreamChannel)
    await sending.say("a")
    assert sending.channel.admission(dialect) is Admission.LATER
    await sending.say("ab", complete=True)
    assert sending.channel.admission(dialect) is Admission.NEVER
    sending.channel.dismiss("ada")
    assert sending.channel.admission(dialect) is Admission.NOW


async def test_an_editing_channel_takes_others_while_a_write_is_in_flight() -> None:
    sending = Sending(JsonEditChannel)
    await sending.say("a", complete=True)
    assert sending.channel.admission(Dialect.JSON_EDIT) is Admission.NEVER
    sending.channel.push(Draft("ab"))
    assert sending.channel.admission(Dialect.JSON_EDIT) is Admission.NOW
    await sending.channel.settled()


async def test_what_is_appended_is_never_told_again() -> None:
    sending = Sending(JsonFinalChannel)
    sending.channel.admit({"bob"}, Dialect.JSON_FINAL, Earlier("a", certain=False))
    assert sending.channel.members == {"ada"}
    await sending.say("a", complete=True)
    assert sending.channel.admission(Dialect.JSON_FINAL) is Admission.NEVER
    sending.channel.dismiss("ada")
    assert sending.channel.admission(Dialect.JSON_FINAL) is Admission.NEVER


async def test_closing_ends_the_wait_of_the_caller_without_an_error() -> None:
    sending = Sending(StreamChannel)
    sending.me.open.clear()
    saying = asyncio.ensure_future(sending.say("hi"))
    await asyncio.sleep(0)
    sending.channel.close()
    assert await asyncio.wait_for(saying, 5) == []
    assert not sending.channel.busy


async def test_a_caller_that_is_cancelled_leaves_the_delivery_going() -> None:
    sending = Sending(StreamChannel)
    sending.me.open.clear()
    saying = asyncio.ensure_future(sending.say("hi", complete=True))
    await asyncio.sleep(0)
    saying.cancel()
    await asyncio.wait({saying})
    sending.me.open.set()
    await sending.channel.settled()
    assert sending.me.sent == [header(), Chunk("1", 0, "hi"), Trailer("1")]


def test_a_writers_runtime_error_counts_as_a_failed_write() -> None:
    async def scenario() -> None:
        sending = Sending(StreamChannel)
        await sending.say("a")

        async def fail(*_: object) -> None:
            raise RuntimeError("the room was disconnected")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("tests.doubles.room.FakeWriter.write", fail)
            sending.channel.push(Draft("ab", complete=False))
            await asyncio.sleep(0.05)
        frames = await sending.say("ab", complete=True)
        assert frames[-2:] == [Chunk("1", 0, "ab"), Trailer("1")]

    play(scenario)


def test_the_sdks_errors_are_those_that_are_tried_again() -> None:
    assert issubclass(rtc.StreamError, ConnectionError)
