"""A process of the agent dies in the middle of a message, and the next one goes on in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat import ChatManager, ChatMessage
from chat.sending.channels.open_stream import DEPARTURE_LAG
from chat.sending.splitting import PART_BYTES
from chat.wire import BLANK
from tests.doubles import (
    Client,
    FakeRoom,
    Frame,
    Header,
    Packet,
    Page,
    Protobuf,
    faked_protobuf,
    say_hello,
)
from tests.virtual_time import run_in_virtual_time

LONG_AFTER = 120.0
"""Seconds after which nothing is under way any more."""

UNREACHED_IF_UNKNOWN = (Client.SESSION, Client.UNITY)


@dataclass
class Guest:
    """Somebody who saw the first process die."""

    client: Client
    page: Page
    spoke_before: bool
    """Whether the first process knows the client."""

    @property
    def identity(self) -> str:
        return self.page.identity


class Succession:
    """A room, the people in it, and one process of the agent after the other."""

    def __init__(self, clients: Iterable[tuple[Client, bool]]) -> None:
        self.guests = [
            Guest(client, Page(f"{client.name.lower()} {spoke_before}", client), spoke_before)
            for client, spoke_before in dict.fromkeys(clients)
        ]
        self.first_frames = 0
        self.lives = 10_000
        """How many frames of the first process reach anybody."""
        self.room = FakeRoom()
        self.room.me.on_frame = self._take_first
        self.chat = ChatManager(self.room)
        for guest in self.guests:
            self.room.join(guest.identity)
            if guest.spoke_before:
                say_hello(self.room, guest.identity, guest.client)

    @property
    def dead(self) -> bool:
        """Whether the first process is gone."""
        return self.first_frames >= self.lives

    def succeed(self) -> None:
        """Let the first process die, if it has not, and the next one join."""
        self.lives = self.first_frames
        self.chat.close()
        self.room = FakeRoom()
        self.room.me._minted = 1_000  # Ids of streams are never used again.
        self.chat = ChatManager(self.room)
        for guest in self.guests:
            self.room.join(guest.identity)
            if guest.client is Client.UNITY:
                say_hello(self.room, guest.identity, guest.client)  # Its attribute is still there.
        self.room.me.on_frame = self._show

    def speak(self, guest: Guest) -> None:
        """Let somebody write to the second process."""
        say_hello(self.room, guest.identity, guest.client)

    def leave_first(self) -> None:
        """Let people learn that the first process has left."""
        for guest in self.guests:
            guest.page.lose_sender()

    def _take_first(self, frame: Frame) -> None:
        if not self.dead:
            self.first_frames += 1
            self._show(frame)

    def _show(self, frame: Frame) -> None:
        match frame:
            case Header() | Packet() | Protobuf():
                assert frame.addressees, "an empty list means everybody"
        for guest in self.guests:
            guest.page.take(frame)

    def check(self, final: str, *, may_miss: bool = False) -> None:
        for guest in self.guests:
            texts = ["" if text == BLANK else text for text in guest.page.texts]
            if guest.client is Client.UNITY:
                assert texts[-1:] == [final], guest.identity
            elif guest.client is Client.APPENDER:
                assert texts == [final] or (may_miss and len(texts) <= 1), guest.identity
            else:
                assert texts == [final], guest.identity


def play(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with faked_protobuf():
        run_in_virtual_time(scenario())


@pytest.mark.parametrize("knows", [True, False], ids=["known again", "unknown"])
@pytest.mark.parametrize("client", Client, ids=lambda client: client.name.lower())
def test_a_half_message_is_completed_in_its_place(client: Client, knows: bool) -> None:
    async def scenario() -> None:
        party = Succession([(client, True)])
        await asyncio.sleep(1)
        half = await party.chat.send_message("Hel", complete=False, message_id="m1")
        await asyncio.sleep(1)
        (guest,) = party.guests
        assert guest.page.texts == ([] if client is Client.APPENDER else ["Hel"])
        party.succeed()
        party.leave_first()
        if knows:
            party.speak(guest)
        await asyncio.sleep(1)
        adopted = party.chat.adopt(half.id, "Hel", complete=False)
        adopted.message = "Hello"
        await party.chat.update_message(adopted)
        if not knows:
            party.speak(guest)
        await asyncio.sleep(1)
        party.check("Hello")
        await party.chat.aclose()

    play(scenario)


@pytest.mark.parametrize("client", Client, ids=lambda client: client.name.lower())
def test_what_may_be_complete_is_sent_again_but_not_appended(client: Client) -> None:
    async def scenario() -> None:
        party = Succession([(client, True)])
        await asyncio.sleep(1)
        await party.chat.send_message("Hello", message_id="m1")
        party.succeed()
        party.leave_first()
        await asyncio.sleep(1)
        adopted = party.chat.adopt("m1", "Hello", complete=True)
        await party.chat.update_message(adopted)
        party.speak(party.guests[0])
        await asyncio.sleep(1)
        party.check("Hello")
        adopted.message = "Bye"
        await party.chat.update_message(adopted)
        assert party.guests[0].page.texts[-1] == ("Hello" if client is Client.APPENDER else "Bye")
        await party.chat.aclose()

    play(scenario)


def test_the_parts_of_a_long_text_that_are_no_more_are_emptied() -> None:
    paragraphs = "\n\n".join("word " * 100 for _ in range(50)).strip()
    assert len(paragraphs) > 2 * PART_BYTES

    async def scenario() -> None:
        party = Succession([(Client.WEB_JSON, True), (Client.OLD_MANAGER, True)])
        await asyncio.sleep(1)
        await party.chat.send_message(paragraphs, complete=False, message_id="m1")
        await asyncio.sleep(1)
        assert all(len(guest.page.texts) == 3 for guest in party.guests)
        party.succeed()
        adopted = party.chat.adopt("m1", paragraphs, complete=False)
        adopted.message = "Sorry."
        await party.chat.update_message(adopted)
        assert all(guest.page.texts == ["Sorry.", "", ""] for guest in party.guests)
        await party.chat.aclose()

    play(scenario)


def test_who_appends_gets_all_parts_of_an_edit_or_none() -> None:
    paragraphs = "\n\n".join("word " * 100 for _ in range(50)).strip()

    async def scenario() -> None:
        party = Succession([(Client.APPENDER, True)])
        await asyncio.sleep(1)
        await party.chat.send_message("Hello", message_id="m1")
        party.succeed()
        adopted = party.chat.adopt("m1", "Hello", complete=True)
        adopted.message = paragraphs
        await party.chat.update_message(adopted)
        assert party.guests[0].page.texts == ["Hello"]
        await party.chat.aclose()

    play(scenario)


def test_who_appends_gets_no_part_of_a_later_edit() -> None:
    paragraphs = "\n\n".join("word " * 100 for _ in range(50)).strip()

    async def scenario() -> None:
        party = Succession([(Client.APPENDER, False)])
        message = await party.chat.send_message("Hello")
        message.message = paragraphs
        await party.chat.update_message(message)
        assert party.guests[0].page.texts == ["Hello"]
        await party.chat.aclose()

    play(scenario)


def test_who_joins_later_gets_it_while_it_grows() -> None:
    async def scenario() -> None:
        party = Succession([])
        await party.chat.send_message("Hel", complete=False, message_id="m1")
        party.succeed()
        adopted = party.chat.adopt("m1", "Hel", complete=False)
        await party.chat.update_message(adopted, complete=False)
        newcomer = Guest(Client.WEB, Page("newcomer", Client.WEB), spoke_before=False)
        party.guests.append(newcomer)
        party.room.join("newcomer")
        adopted.message = "Hello"
        await party.chat.update_message(adopted)
        await asyncio.sleep(1)
        party.check("Hello")
        await party.chat.aclose()

    play(scenario)


def test_a_message_that_nobody_adopted_can_still_be_edited() -> None:
    async def scenario() -> None:
        party = Succession([(Client.WEB, True)])
        await party.chat.send_message("Hello", message_id="m1")
        party.succeed()
        await party.chat.update_message(ChatMessage("Bye", "m1"))
        party.check("Bye")
        await party.chat.aclose()

    play(scenario)


@pytest.mark.parametrize("client", [Client.WEB, Client.ANDROID, Client.SESSION])
def test_a_text_that_overtakes_the_news_of_the_first_ones_departure_is_shown(
    client: Client,
) -> None:
    async def scenario() -> None:
        party = Succession([(client, True)])
        await asyncio.sleep(1)
        await party.chat.send_message("Hel", complete=False, message_id="m1")
        party.succeed()
        party.speak(party.guests[0])
        await asyncio.sleep(1)
        adopted = party.chat.adopt("m1", "Hel", complete=False)
        adopted.message = "Hello"
        await party.chat.update_message(adopted)
        party.leave_first()
        party.check("Hello")
        await party.chat.aclose()

    play(scenario)


@pytest.mark.parametrize("client", [Client.WEB, Client.ANDROID, Client.SESSION])
def test_a_stream_that_was_dropped_when_the_first_one_left_is_repeated(client: Client) -> None:
    async def scenario() -> None:
        party = Succession([(client, True)])
        await asyncio.sleep(1)
        await party.chat.send_message("Hel", complete=False, message_id="m1")
        party.succeed()
        party.speak(party.guests[0])
        await asyncio.sleep(1)
        adopted = party.chat.adopt("m1", "Hel", complete=False)
        await party.chat.update_message(adopted, complete=False)
        party.leave_first()
        await asyncio.sleep(DEPARTURE_LAG)
        adopted.message = "Hell"
        await party.chat.update_message(adopted, complete=False)
        party.check("Hell")
        adopted.message = "Hello"
        await party.chat.update_message(adopted)
        party.check("Hello")
        await party.chat.aclose()

    play(scenario)


clients = st.lists(
    st.tuples(st.sampled_from(list(Client)), st.booleans()), min_size=1, max_size=5, unique=True
)
pieces = st.lists(st.text("ab", min_size=1, max_size=3), min_size=1, max_size=4)
pauses = st.sampled_from([0.0, 0.3, 1.0, 3.0])
moments = st.integers(0, 12)


@settings(deadline=None, max_examples=200)
@given(clients, pieces, st.integers(0, 20), st.data())
def test_whenever_it_dies_everybody_shows_the_message_once(
    people: list[tuple[Client, bool]], first: list[str], lives: int, data: st.DataObject
) -> None:
    async def scenario() -> None:
        party = Succession(people)
        await asyncio.sleep(1)
        party.lives = lives
        text, completing = await grow(party, first)
        party.succeed()
        stored = text if completing else data.draw(st.sampled_from([text, text[:-1]]))
        adopted = party.chat.adopt("m1", stored, complete=completing)
        again = [] if completing and data.draw(st.booleans()) else data.draw(pieces)
        await go_on(party, adopted, again, data)
        await asyncio.sleep(LONG_AFTER)
        may_miss = completing
        if not (completing and again):
            party.check(adopted.message or "", may_miss=may_miss)
        else:
            for guest in party.guests:
                if guest.client is Client.APPENDER:
                    assert len(guest.page.texts) <= 1
            party.guests = [g for g in party.guests if g.client is not Client.APPENDER]
            party.check(adopted.message or "")
        await party.chat.aclose()

    play(scenario)


def test_who_learns_late_that_the_first_one_left_has_the_whole_message_in_the_end() -> None:
    async def scenario() -> None:
        party = Succession([(Client.WEB, True)])
        await asyncio.sleep(1)
        await party.chat.send_message("Hel", complete=False, message_id="m1")
        await asyncio.sleep(1)
        party.succeed()
        adopted = party.chat.adopt("m1", "Hel", complete=False)
        for text in ("H", "He", "Hel"):
            adopted.message = text
            await party.chat.update_message(adopted, complete=False)
            await asyncio.sleep(DEPARTURE_LAG)
        party.leave_first()
        adopted.message = "Hello"
        await party.chat.update_message(adopted)
        await asyncio.sleep(LONG_AFTER)
        party.check("Hello")
        await party.chat.aclose()

    play(scenario)


async def grow(party: Succession, pieces: list[str]) -> tuple[str, bool]:
    """Let the first process write until it dies; its last text, and whether it was completing it."""
    message = await party.chat.send_message("", complete=False, message_id="m1")
    for piece in pieces:
        if party.dead:
            return message.message or "", False
        message.message = (message.message or "") + piece
        await party.chat.update_message(message, complete=False)
        await asyncio.sleep(1)  # Edits come at intervals.
    if party.dead:
        return message.message or "", False
    await party.chat.update_message(message)
    return message.message or "", True


async def go_on(
    party: Succession, adopted: ChatMessage, pieces: list[str], data: st.DataObject
) -> None:
    """Let the second one complete it, while people learn of the departure, and speak."""
    departure = data.draw(moments)
    speaking = {
        guest.identity: data.draw(moments)
        for guest in party.guests
        if guest.client in UNREACHED_IF_UNKNOWN
        or guest.client is Client.RAW
        or data.draw(st.booleans())
    }
    moment = 0

    def pass_moment() -> None:
        nonlocal moment
        if moment == departure:
            party.leave_first()
        for guest in party.guests:
            if speaking.get(guest.identity) == moment:
                party.speak(guest)
        moment += 1

    pass_moment()
    for number, piece in enumerate(pieces):
        adopted.message = piece if number == 0 else (adopted.message or "") + piece
        await party.chat.update_message(adopted, complete=False)
        pass_moment()
        await asyncio.sleep(data.draw(pauses))
        pass_moment()
    await party.chat.update_message(adopted)
    while moment <= 12:
        await asyncio.sleep(1)
        pass_moment()
