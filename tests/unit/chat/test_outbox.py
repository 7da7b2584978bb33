"""Who is told what, when they come, go, and come back."""

from __future__ import annotations

import asyncio

import pytest
from livekit import rtc

from chat import ChatManager, ChatMessage
from chat.outbox import KEPT
from tests.doubles import FakeRoom, Fate, Frame, Header, Packet, Page, Speaks

AGENT = rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
STANDARD = rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD


class Sending:
    """A manager in a room whose participants have pages."""

    def __init__(self, kind: rtc.ParticipantKind.ValueType = AGENT) -> None:
        self.room = FakeRoom(kind=kind)
        self.chat = ChatManager(self.room)
        self.pages: dict[str, Page] = {}
        self.room.me.on_frame = self._take

    def join(self, identity: str, speaks: Speaks = Speaks.STREAM) -> Page:
        self.room.announce(identity)
        if speaks is Speaks.JSON:
            self.room.receive({"id": "x", "message": "hi"}, identity, "lk-chat-topic")
        page = self.pages[identity] = Page(identity, speaks)
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


async def test_each_is_spoken_to_in_its_dialect(sending: Sending) -> None:
    pages = [sending.join("ada"), sending.join("bob", Speaks.JSON)]
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
    page = sending.join("bob")
    await sending.settle()
    assert page.texts == ["hi, bob"]


async def test_the_writer_of_a_packet_without_sender_gets_the_answer(sending: Sending) -> None:
    sending.join("ada")
    sending.room.receive({"id": "1", "message": "hi"}, None, "lk-chat-topic")
    await sending.chat.send_message("hi, bob")
    page = sending.pages["bob"] = Page("bob", Speaks.JSON)
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
    cid = sending.join("cid", Speaks.JSON)
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


async def test_who_has_it_all_is_not_told_again(sending: Sending) -> None:
    sending.join("ada")
    await sending.chat.send_message("hi")
    sending.leave("ada")
    page = sending.join("ada")
    await sending.settle()
    assert page.texts == []


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
    monkeypatch.setattr("chat.channels.RETRY_LIMIT", 0)
    pages = [sending.join("ada"), sending.join("bob", Speaks.JSON)]
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
    monkeypatch.setattr("chat.channels.RETRY_LIMIT", 0)
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
    sending.join("bob", Speaks.JSON)
    await sending.chat.update_message(ChatMessage("new text", "from an earlier run"))
    header = next(f for f in sending.room.me.sent if isinstance(f, Header))
    packet = next(f for f in sending.room.me.sent if isinstance(f, Packet))
    assert header.attributes == {"chat.revision": "true"}
    assert packet.topic == "lk-chat-update-topic"


async def test_a_message_that_is_not_known_any_more_can_be_deleted(sending: Sending) -> None:
    sending.join("bob", Speaks.JSON)
    await sending.chat.update_message(ChatMessage(None, "from an earlier run", deleted=True))
    assert [f.json["deleted"] for f in sending.room.me.sent if isinstance(f, Packet)] == [True]


async def test_only_the_latest_messages_are_kept(sending: Sending) -> None:
    growing = await sending.chat.send_message("grows", complete=False)
    for _ in range(KEPT + 1):
        await sending.chat.send_message("hi")
    page = sending.join("ada")
    await sending.settle()
    assert len(page.texts) == KEPT
    assert page.bubbles[0][0] == growing.id


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
    assert sum(isinstance(frame, Packet) for frame in sending.room.me.sent) == 1


async def test_old_text_on_its_way_does_not_overtake_what_one_who_comes_back_is_told(
    sending: Sending,
) -> None:
    sending.join("bob", Speaks.JSON)
    message = await sending.chat.send_message("a", complete=False)
    sending.room.me.open.clear()
    message.message = "ab"
    updating = asyncio.ensure_future(sending.chat.update_message(message))
    await sending.settle()
    sending.leave("bob")
    page = sending.join("bob", Speaks.JSON)
    await sending.settle()
    sending.room.me.open.set()
    await updating
    await sending.settle()
    assert page.texts == ["ab"]
    assert set(sending.addressed) == {("bob",)}
