"""Who is told what, when they come, go, and come back."""

from __future__ import annotations

import asyncio

import pytest
from livekit import rtc

from chat import ChatManager, ChatMessage
from chat.sending.outbox import CAUGHT_UP_AT_ONCE, KEPT, TRANSIT
from tests.doubles import Client, FakeRoom, Fate, Frame, Header, Packet, Page, Trailer, say_hello
from tests.virtual_time import run_in_virtual_time
from tests.waiting import eventually

AGENT = rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
STANDARD = rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD


class Sending:
    """A manager in a room whose participants have pages."""

    def __init__(self, kind: rtc.ParticipantKind.ValueType = AGENT) -> None:
        self.room = FakeRoom(kind=kind)
        self.chat = ChatManager(self.room)
        self.pages: dict[str, Page] = {}
        self.room.me.on_frame = self._take

    def join(self, identity: str, client: Client = Client.WEB, *, silent: bool = False) -> Page:
        self.room.announce(identity)
        if not silent:
            say_hello(self.room, identity, client)
        page = self.pages[identity] = Page(identity, client)
        self.room.activate(identity)
        return page

    def leave(self, identity: str) -> None:
        del self.pages[identity]
        self.room.leave(identity)

    @property
    def addressed(self) -> list[tuple[str, ...]]:
        return [f.addressees for f in self.room.me.sent if isinstance(f, Header | Packet)]

    async def settle(self) -> None:
        """Let everything that can happen at once happen."""
        for _ in range(100):
            await asyncio.sleep(0)

    def _take(self, frame: Frame) -> None:
        for page in list(self.pages.values()):
            page.take(frame)


@pytest.fixture
async def sending() -> Sending:
    return Sending()


@pytest.fixture
def long_after(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who appears after a message was completed was not there when it was written."""
    monkeypatch.setattr("chat.sending.outgoing.ANNOUNCEMENT_LAG", 0.0)


async def test_each_is_spoken_to_in_its_dialect(sending: Sending) -> None:
    pages = [sending.join("ada"), sending.join("bob", Client.WEB_JSON)]
    await sending.chat.send_message("hi")
    assert [page.texts for page in pages] == [["hi"], ["hi"]]
    assert sorted(sending.addressed) == [("ada",), ("bob",)]


async def test_a_dialect_is_kept_for_as_long_as_a_message_grows(sending: Sending) -> None:
    page = sending.join("bob")
    message = await sending.chat.send_message("a", complete=False)
    sending.room.receive({"id": "x", "message": "hi"}, "bob", "lk-chat-topic")
    message.message = "ab"
    await sending.chat.update_message(message)
    assert not any(isinstance(frame, Packet) for frame in sending.room.me.sent)
    await sending.chat.send_message("next")
    assert isinstance(sending.room.me.sent[-1], Packet)
    assert page.texts == ["ab", "next"]


async def test_whose_first_question_has_just_come_sees_the_answer_grow_among_others(
    sending: Sending,
) -> None:
    sending.join("ada")
    bob = sending.join("bob", silent=True)
    sending.room.open_stream("bob", "hello").end()
    sent = asyncio.create_task(sending.chat.send_message("a", complete=False))
    await sending.settle()
    assert not sent.done()
    say_hello(sending.room, "bob", Client.WEB)
    await sent
    assert bob.texts == ["a"]


async def test_who_never_shows_its_dialect_does_not_hold_up_an_answer(sending: Sending) -> None:
    ada = sending.join("ada")
    sending.join("bob", silent=True)
    sending.room.open_stream("bob", "question").write("never ends")
    async with asyncio.timeout(5):
        await sending.chat.send_message("a", complete=False)
    assert ada.texts == ["a"]


@pytest.mark.usefixtures("long_after")
async def test_in_an_empty_room_a_message_waits_for_the_first_to_come(sending: Sending) -> None:
    await sending.chat.send_message("hello")
    assert sending.room.me.sent == []
    first = sending.join("ada")
    await sending.settle()
    second = sending.join("bob")
    await sending.settle()
    assert first.texts == ["hello"]
    assert second.texts == []


async def test_who_is_announced_gets_a_message_when_it_is_active(sending: Sending) -> None:
    sending.join("ada")
    sending.room.announce("bob")
    await sending.chat.send_message("hi")
    assert sending.addressed == [("ada",)]
    page = sending.pages["bob"] = Page("bob")
    sending.room.activate("bob")
    await sending.settle()
    assert page.texts == ["hi"]


async def test_who_wrote_before_it_was_announced_gets_the_answer(sending: Sending) -> None:
    sending.join("ada")
    sending.room.open_stream("bob", "1").end()
    await sending.chat.send_message("hi, bob")
    assert ("bob",) not in sending.addressed
    page = sending.join("bob")
    await sending.settle()
    assert page.texts == ["hi, bob"]


async def test_the_writer_of_a_packet_without_sender_gets_the_answer(sending: Sending) -> None:
    sending.join("ada")
    sending.room.receive({"id": "1", "message": "hi"}, None, "lk-chat-topic")
    await sending.chat.send_message("hi, bob")
    page = sending.pages["bob"] = Page("bob", Client.WEB_JSON)
    sending.room.join("bob")
    await sending.settle()
    assert page.texts == ["hi, bob"]


async def test_who_reloads_the_page_gets_what_grows_at_once(sending: Sending) -> None:
    sending.join("ada")
    message = await sending.chat.send_message("a", complete=False)
    sending.leave("ada")
    page = sending.join("ada")
    await sending.settle()
    assert page.texts == ["a"]
    message.message = "ab"
    await sending.chat.update_message(message)
    assert page.texts == ["ab"]


async def test_who_comes_while_others_read_gets_it_when_it_is_complete(sending: Sending) -> None:
    ada = sending.join("ada")
    message = await sending.chat.send_message("a", complete=False)
    bob = sending.join("bob")
    cid = sending.join("cid", Client.WEB_JSON)
    await sending.settle()
    assert (bob.texts, cid.texts) == ([], ["a"])
    message.message = "ab"
    await sending.chat.update_message(message)
    assert [ada.texts, bob.texts, cid.texts] == [["ab"]] * 3
    assert not bob.dropped


async def test_who_comes_back_while_another_latecomer_is_served_is_served_too(
    sending: Sending,
) -> None:
    for name in ("ada", "bob", "cid"):
        sending.join(name)
    message = await sending.chat.send_message("a", complete=False)
    sending.leave("bob")
    sending.leave("cid")
    bob = sending.join("bob")
    sending.room.me.open.clear()
    completing = asyncio.ensure_future(sending.chat.update_message(message))
    await sending.settle()
    cid = sending.join("cid")
    sending.room.me.open.set()
    await completing
    await sending.settle()
    assert [bob.texts, cid.texts] == [["a"], ["a"]]


async def test_who_is_announced_right_after_a_message_gets_it(sending: Sending) -> None:
    sending.join("ada")
    await sending.chat.send_message("hi")
    page = sending.join("bob")
    await sending.settle()
    assert page.texts == ["hi"]


async def test_who_comes_is_told_much_in_order_and_a_little_at_a_time(sending: Sending) -> None:
    sending.join("ada")
    texts = [f"message {number}" for number in range(20)]
    for text in texts:
        await sending.chat.send_message(text)
    before = len(sending.room.me.sent)
    page = sending.join("bob")
    await eventually(lambda: page.texts == texts)
    at_once = most = 0
    for frame in sending.room.me.sent[before:]:
        at_once += isinstance(frame, Header) - isinstance(frame, Trailer)
        most = max(most, at_once)
    assert 0 < most <= CAUGHT_UP_AT_ONCE


async def test_what_is_edited_while_a_newcomer_catches_up_is_told_once(sending: Sending) -> None:
    sending.join("ada")
    messages = [await sending.chat.send_message(f"message {number}") for number in range(20)]
    page = sending.join("bob")
    messages[-1].message = "edited"
    await sending.chat.update_message(messages[-1])
    await eventually(lambda: len(page.texts) >= 20)
    await sending.settle()
    assert sorted(page.texts) == sorted(["edited", *(f"message {n}" for n in range(19))])


async def test_who_leaves_while_catching_up_gets_the_rest_on_return(sending: Sending) -> None:
    sending.join("ada")
    texts = [f"message {number}" for number in range(20)]
    for text in texts:
        await sending.chat.send_message(text)
    before = sending.join("bob")
    me = sending.room.me

    def hold_up(frame: Frame) -> None:
        sending._take(frame)
        if len(before.texts) == CAUGHT_UP_AT_ONCE:
            me.open.clear()

    me.on_frame = hold_up
    await eventually(lambda: not me.open.is_set())
    sending.leave("bob")
    me.on_frame = sending._take
    me.open.set()
    await sending.settle()
    after = sending.join("bob")
    await eventually(lambda: set(before.texts) | set(after.texts) >= set(texts))
    await sending.settle()
    assert CAUGHT_UP_AT_ONCE <= len(before.texts) < len(texts)
    assert len(after.texts) == len(set(after.texts))


async def test_who_has_it_all_is_not_told_again(sending: Sending) -> None:
    sending.join("ada")
    await sending.chat.send_message("hi")
    sending.leave("ada")
    page = sending.join("ada")
    await sending.settle()
    assert page.texts == []


@pytest.mark.parametrize(("seconds", "texts"), [(TRANSIT / 2, ["hi"]), (2 * TRANSIT, [])])
def test_an_agent_that_takes_the_place_of_another_gets_what_was_just_written(
    seconds: float, texts: list[str]
) -> None:
    async def scene() -> None:
        sending = Sending(kind=STANDARD)
        sending.room.join("assistant", AGENT)
        await sending.chat.send_message("hi")
        await asyncio.sleep(seconds)
        sending.room.leave("assistant")
        page = sending.pages["assistant"] = Page("assistant", Client.WEB)
        sending.room.join("assistant", AGENT)
        await sending.settle()
        assert page.texts == texts

    run_in_virtual_time(scene())


async def test_who_is_announced_twice_and_has_it_all_is_not_told_again(sending: Sending) -> None:
    ada = sending.join("ada")
    await sending.chat.send_message("hi")
    sending.room.emit("participant_active", sending.room.remote_participants["ada"])
    await sending.settle()
    assert ada.texts == ["hi"]
    sending.leave("ada")
    page = sending.join("ada")
    await sending.settle()
    assert page.texts == []


async def test_what_was_edited_while_it_came_again_is_not_told_on_the_next_return(
    sending: Sending,
) -> None:
    sending.join("ada")
    message = await sending.chat.send_message("hi")
    await sending.settle()
    sending.leave("ada")
    sending.join("ada")
    await sending.settle()
    sending.room.me.open.clear()
    again = asyncio.ensure_future(sending.chat.update_message(message))
    await sending.settle()
    message.message = "ho"
    edit = asyncio.ensure_future(sending.chat.update_message(message))
    sending.room.me.open.set()
    await asyncio.gather(again, edit)
    sending.leave("ada")
    page = sending.join("ada")
    await sending.settle()
    assert page.texts == []


def test_who_is_announced_twice_does_not_get_what_is_for_another() -> None:
    async def scene() -> None:
        sending = Sending()
        sending.join("ada")
        hello = {"id": "x", "message": "hi", "timestamp": 1}
        sending.room.receive(hello, None, "lk-chat-topic")
        await sending.chat.send_message("answer")
        sending.room.emit("participant_active", sending.room.remote_participants["ada"])
        # Longer than the room announces people late.
        await asyncio.sleep(6.0)
        bob = sending.join("bob", Client.WEB_JSON)
        await asyncio.sleep(5.0)
        assert bob.texts == ["answer"]

    run_in_virtual_time(scene())


@pytest.mark.parametrize(("text", "shown"), [("ho", "ho"), (None, "\u200b")])
def test_an_edit_reaches_who_has_the_old_text_and_is_writing_for_the_first_time(
    text: str | None, shown: str
) -> None:
    async def scene() -> None:
        sending = Sending()
        ada = sending.join("ada", silent=True)
        message = await sending.chat.send_message("hi")
        await asyncio.sleep(10.0)
        stream = sending.room.open_stream("ada", "question")
        stream.write("with a large file")
        await sending.settle()
        message.message, message.deleted = text, text is None
        await sending.chat.update_message(message)
        # Longer than the room announces people late.
        await asyncio.sleep(6.0)
        say_hello(sending.room, "ada", Client.WEB)
        await asyncio.sleep(5.0)
        assert ada.texts == [shown]

    run_in_virtual_time(scene())


async def test_who_comes_back_is_told_by_edits(sending: Sending) -> None:
    sending.join("ada")
    message = await sending.chat.send_message("hi")
    sending.leave("ada")
    sending.join("ada")
    message.message = "ho"
    await sending.chat.update_message(message)
    opened = [frame for frame in sending.room.me.sent if isinstance(frame, Header)]
    assert [dict(frame.attributes) for frame in opened] == [{}, {"chat.revision": "true"}]


async def test_edits_that_overtake_each_other_disturb_no_caller(sending: Sending) -> None:
    page = sending.join("ada")
    message = await sending.chat.send_message("hi")
    sending.room.me.open.clear()
    edits = []
    for text in ("one", "two", "three"):
        message.message = text
        edits.append(asyncio.ensure_future(sending.chat.update_message(message)))
        await sending.settle()
    sending.room.me.open.set()
    await asyncio.gather(*edits)
    assert page.texts == ["three"]
    assert not page.dropped


async def test_what_was_given_up_is_delivered_after_reconnecting(
    sending: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.sending.channels.retries.RETRY_LIMIT", 0)
    pages = [sending.join("ada"), sending.join("bob", Client.WEB_JSON)]
    sending.room.me.fates.extend([Fate.FAILED] * 2)
    await sending.chat.send_message("hi")
    assert [page.texts for page in pages] == [[], []]
    sending.room.emit("reconnected")
    await sending.settle()
    assert [page.texts for page in pages] == [["hi"], ["hi"]]


async def test_reconnecting_repeats_nothing_that_arrived(sending: Sending) -> None:
    sending.join("ada")
    await sending.chat.send_message("hi")
    sent = len(sending.room.me.sent)
    sending.room.emit("reconnected")
    await sending.settle()
    assert len(sending.room.me.sent) == sent


async def test_a_newcomer_joins_what_was_given_up(
    sending: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.sending.channels.retries.RETRY_LIMIT", 0)
    ada = sending.join("ada")
    message = await sending.chat.send_message("a", complete=False)
    sending.room.me.fates.extend([Fate.FAILED])
    message.message = "ab"
    await sending.chat.update_message(message, complete=False)
    bob = sending.join("bob")
    await sending.settle()
    assert [ada.texts, bob.texts] == [["ab"], ["ab"]]
    message.message = "abc"
    await sending.chat.update_message(message)
    assert [ada.texts, bob.texts] == [["abc"], ["abc"]]


async def test_a_message_that_is_not_known_any_more_is_edited(sending: Sending) -> None:
    sending.join("ada")
    sending.join("bob", Client.WEB_JSON)
    await sending.chat.update_message(ChatMessage("new text", "from an earlier run"))
    header = next(f for f in sending.room.me.sent if isinstance(f, Header))
    packet = next(f for f in sending.room.me.sent if isinstance(f, Packet))
    assert header.attributes == {"chat.revision": "true"}
    assert packet.topic == "lk-chat-update-topic"


async def test_a_message_that_is_not_known_any_more_can_be_deleted(sending: Sending) -> None:
    sending.join("bob", Client.WEB_JSON)
    await sending.chat.update_message(ChatMessage(None, "from an earlier run", deleted=True))
    assert [f.json["deleted"] for f in sending.room.me.sent if isinstance(f, Packet)] == [True]


async def test_only_the_latest_messages_are_kept(sending: Sending) -> None:
    growing = await sending.chat.send_message("grows", complete=False)
    for _ in range(KEPT + 1):
        await sending.chat.send_message("hi")
    page = sending.join("ada")
    await eventually(lambda: len(page.texts) >= KEPT)
    await sending.settle()
    assert len(page.texts) == KEPT
    assert page.bubbles[0].key == ("chat", growing.id)


async def test_agents_are_not_spoken_to_by_an_agent(sending: Sending) -> None:
    sending.room.join("other agent", AGENT)
    sending.join("ada")
    await sending.chat.send_message("hi")
    assert sending.addressed == [("ada",)]


async def test_a_client_speaks_to_agents_and_sends_twins() -> None:
    sending = Sending(STANDARD)
    sending.room.join("assistant", AGENT)
    message = await sending.chat.send_message("hi")
    twin = sending.room.me.sent[-1]
    assert isinstance(twin, Packet)
    assert twin.json["ignoreLegacy"] is True
    assert twin.json["id"] == message.id
    message.message = "ho"
    await sending.chat.update_message(message)
    edit = sending.room.me.sent[-1]
    assert isinstance(edit, Packet)
    assert (edit.json["ignoreLegacy"], edit.topic) == (True, "lk-chat-update-topic")


async def test_old_text_on_its_way_does_not_overtake_what_one_who_comes_back_is_told(
    sending: Sending,
) -> None:
    sending.join("bob", Client.WEB_JSON)
    message = await sending.chat.send_message("a", complete=False)
    sending.room.me.open.clear()
    message.message = "ab"
    updating = asyncio.ensure_future(sending.chat.update_message(message))
    await sending.settle()
    sending.leave("bob")
    page = sending.join("bob", Client.WEB_JSON)
    await sending.settle()
    sending.room.me.open.set()
    await updating
    await sending.settle()
    assert page.texts == ["ab"]
    assert set(sending.addressed) == {("bob",)}


async def test_who_is_announced_while_a_message_grows_gets_it_though_active_only_later(
    sending: Sending,
) -> None:
    sending.join("ada")
    message = await sending.chat.send_message("a", complete=False)
    sending.room.announce("bob")
    await sending.chat.update_message(message)
    page = sending.pages["bob"] = Page("bob")
    sending.room.activate("bob")
    await sending.settle()
    assert page.texts == ["a"]


@pytest.mark.parametrize("silent_first", [False, True])
async def test_an_unknown_client_that_joins_others_gets_edits_of_what_it_has(
    sending: Sending, silent_first: bool
) -> None:
    pages = {}
    for silent in (silent_first, not silent_first):
        client = Client.APPENDER if silent else Client.WEB
        pages[silent] = sending.join(f"silent {silent}", client, silent=silent)
    message = await sending.chat.send_message("hi")
    sending.leave("silent False")
    sending.join("silent False")
    message.message = "ho"
    await sending.chat.update_message(message)
    assert pages[True].texts == ["hi"]
    assert sending.pages["silent False"].texts == ["ho"]


async def test_an_append_client_that_comes_back_is_not_told_twice(sending: Sending) -> None:
    page = sending.join("ada", Client.APPENDER)
    sending.room.me.open.clear()
    calls = asyncio.ensure_future(sending.chat.send_message("hi"))
    await sending.settle()
    sending.room.leave("ada")
    sending.room.join("ada")
    sending.room.me.open.set()
    await calls
    await sending.settle()
    assert page.texts == ["hi"]


async def test_a_newcomer_among_append_clients_gets_every_part(
    sending: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.sending.channels.retries.RETRY_LIMIT", 0)
    ada = sending.join("ada", Client.APPENDER)
    sending.room.announce("bob")
    say_hello(sending.room, "bob", Client.APPENDER)
    sending.room.me.fates.extend([Fate.DELIVERED, Fate.FAILED])
    await sending.chat.send_message("a" * 12_000 + "b")
    assert ada.texts == ["a" * 12_000]
    bob = sending.pages["bob"] = Page("bob", Client.APPENDER)
    sending.room.activate("bob")
    await sending.settle()
    assert bob.texts == ["a" * 12_000, "b"]


async def test_nothing_is_broadcast_when_readers_leave_between_parts(sending: Sending) -> None:
    sending.join("ada", Client.APPENDER)
    sending.room.me.on_frame = lambda _: (
        sending.room.leave("ada") if sending.room.remote_participants else None
    )
    await sending.chat.send_message("a" * 30_000)
    assert set(sending.addressed) == {("ada",)}


async def test_an_edit_made_while_somebody_was_away_reaches_them(sending: Sending) -> None:
    sending.join("ada")
    message = await sending.chat.send_message("one")
    sending.leave("ada")
    message.message = "two"
    await sending.chat.update_message(message)
    page = sending.join("ada")
    await sending.settle()
    assert page.texts == ["two"]


async def test_a_client_can_speak_to_an_agent_while_that_ones_first_stream_is_open() -> None:
    sending = Sending(STANDARD)
    sending.room.join("agent", AGENT)
    sending.room.open_stream("agent", "1").write("growing")
    await sending.settle()
    await sending.chat.send_message("stop")
    assert sending.addressed[0] == ("agent",)


CLIENTS = [Client.WEB, Client.WEB_JSON, Client.SESSION]


def take_permission_away(sending: Sending) -> None:
    sending.room.me.permitted = False
    sending.room.permit(writing=False)


def give_permission_back(sending: Sending) -> None:
    sending.room.me.permitted = True
    sending.room.permit(writing=True)


@pytest.mark.parametrize("client", CLIENTS)
async def test_what_grows_without_permission_is_whole_when_it_is_given_back(
    sending: Sending, client: Client
) -> None:
    page = sending.join("ada", client)
    message = await sending.chat.send_message("one", complete=False)
    # The server drops what is sent before the news of it arrives.
    sending.room.me.permitted = False
    message.message = "one two"
    await sending.chat.update_message(message, complete=False)
    take_permission_away(sending)
    sent = len(sending.room.me.sent)
    message.message = "one two three"
    await sending.chat.update_message(message, complete=False)
    assert len(sending.room.me.sent) == sent
    give_permission_back(sending)
    await eventually(lambda: page.texts == ["one two three"])
    message.message = "one two three four"
    await sending.chat.update_message(message)
    await eventually(lambda: page.texts == ["one two three four"])


@pytest.mark.parametrize("client", [*CLIENTS, Client.APPENDER])
async def test_what_was_completed_without_permission_is_told_in_order(
    sending: Sending, client: Client
) -> None:
    page = sending.join("ada", client)
    take_permission_away(sending)
    for number in range(12):
        await sending.chat.send_message(str(number))
    assert page.texts == []
    give_permission_back(sending)
    await eventually(lambda: page.texts == [str(number) for number in range(12)])


async def test_a_permission_that_others_lose_is_none_of_ours(sending: Sending) -> None:
    page, bob = sending.join("ada"), sending.room.join("bob")
    sending.room.emit("participant_permissions_changed", bob, bob.permissions)
    await sending.chat.send_message("hi")
    assert page.texts == ["hi"]


async def test_what_arrived_long_before_is_not_told_again(
    sending: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.sending.outbox.SILENCE_LAG", -1.0)
    sending.join("ada")
    await sending.chat.send_message("hi")
    sent = list(sending.room.me.sent)
    take_permission_away(sending)
    give_permission_back(sending)
    await sending.settle()
    assert sending.room.me.sent == sent


async def test_what_is_delivered_is_given_up_when_the_room_is_gone(sending: Sending) -> None:
    sending.join("ada")
    sending.room.me.open.clear()
    writing = asyncio.ensure_future(sending.chat.send_message("hi"))
    await sending.settle()
    assert not writing.done()
    sending.room.emit("disconnected", rtc.DisconnectReason.ROOM_DELETED)
    await asyncio.wait_for(writing, 5)
    assert sending.room.me.sent == []


async def test_a_room_that_is_gone_costs_one_line_without_text(
    sending: Sending, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.sending.channels.retries.RETRY_LIMIT", 0.0)
    sending.join("ada")
    sending.room.me.fates.extend([Fate.REFUSED] * 10)
    await sending.chat.send_message("canary")
    assert caplog.messages == ["chat message not delivered"]
    assert "canary" not in caplog.text
