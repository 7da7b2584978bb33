"""Rooms in which every client there is sits together: each shows each message once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat import ChatManager
from chat.wire import BLANK
from tests.doubles import (
    Client,
    FakeRoom,
    Fate,
    Frame,
    Header,
    Packet,
    Page,
    Protobuf,
    Trailer,
    faked_protobuf,
    say_hello,
)
from tests.virtual_time import run_in_virtual_time

LONG_AFTER = 120.0
"""Seconds after which nothing is under way any more."""

SEGMENT_CLIENTS = (Client.SESSION, Client.UNITY)
CERTAIN = (Fate.DELIVERED, Fate.SLOW, Fate.FAILED)
UNCERTAIN = (*CERTAIN, Fate.STUCK, Fate.STUCK_DELIVERED)


@dataclass(frozen=True)
class Guest:
    """Somebody who may be in the room."""

    identity: str
    client: Client
    silent: bool
    """Whether nothing was heard of it, so that its dialect is unknown."""

    def __str__(self) -> str:
        return self.identity


def _guests() -> list[Guest]:
    talking = [Guest(client.name.lower(), client, silent=False) for client in Client]
    silent = [
        Guest(f"silent {client.name.lower()}", client, silent=True)
        for client in Client
        if client not in SEGMENT_CLIENTS  # They cannot be served before they are heard.
    ]
    return talking + silent


GUESTS = {guest.identity: guest for guest in _guests()}


class Party:
    """A room full of guests, and what they show."""

    def __init__(self) -> None:
        self.room = FakeRoom()
        self.chat = ChatManager(self.room)
        self.pages: dict[str, Page] = {}
        self.present: dict[str, Page] = {}
        self.may_miss: set[str] = set()
        """Who cannot be told again what it perhaps got, because it would show it again."""
        self._open: set[str] = set()
        self.room.me.on_frame = self._take
        self.watch_streams = True

    def join(self, guest: Guest, *, reloaded: bool = True) -> None:
        identity = guest.identity
        if identity in self.present:
            return
        if reloaded or identity not in self.pages:
            self.pages[identity] = Page(identity, guest.client)
        self.room.announce(identity)
        if not guest.silent:
            say_hello(self.room, identity, guest.client)
        self.present[identity] = self.pages[identity]
        self.room.activate(identity)

    def leave(self, guest: Guest) -> None:
        if guest.identity in self.present:
            self.present.pop(guest.identity).lose_connection()
            self.room.leave(guest.identity)

    def lose_connections(self) -> None:
        for page in self.pages.values():
            page.lose_connection()

    def _take(self, frame: Frame) -> None:
        match frame:
            case Header() | Packet() | Protobuf():
                assert frame.addressees, "an empty list means everybody"
        match frame:
            case Header():
                assert not self.watch_streams or frame.stream_id not in self._open
                self._open.add(frame.stream_id)
            case Trailer():
                self._open.discard(frame.stream_id)
        for page in self.present.values():
            page.take(frame)

    def check(self, final: str, completed: str, *, rewritten: bool) -> None:
        for identity, page in self.present.items():
            texts = ["" if text == BLANK else text for text in page.texts]
            if page.client is Client.APPENDER:
                missed = texts == [] and identity in self.may_miss
                assert texts == [completed] or missed, identity
            elif page.client is Client.UNITY and rewritten:
                assert texts[-1:] == [final], identity
            else:
                assert texts == [final], identity


def play(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a scenario in virtual time, in which no delivery is ever given up."""
    with (
        faked_protobuf(),
        patch("chat.sending.channels.retries.RETRY_LIMIT", float("inf")),
    ):
        run_in_virtual_time(scenario())


def test_all_clients_at_once_show_one_growing_message() -> None:
    async def scenario() -> None:
        party = Party()
        for guest in GUESTS.values():
            party.join(guest)
        await asyncio.sleep(1)
        message = await party.chat.send_message("Hel", complete=False)
        await asyncio.sleep(1)
        grown = {i for i, page in party.pages.items() if page.texts == ["Hel"]}
        # Clients without growth see it when it is complete; so do silent ones without streams.
        late = {i for i, guest in GUESTS.items() if guest.client is Client.APPENDER}
        late |= {
            f"silent {client.name.lower()}"
            for client in (Client.WEB_JSON, Client.WEB_PROTOBUF, Client.OLD_MANAGER)
        }
        assert grown == set(GUESTS) - late
        message.message = "Hello"
        await party.chat.update_message(message)
        party.check("Hello", "Hello", rewritten=False)
        message.message = "Bye"
        await party.chat.update_message(message)
        party.check("Bye", "Hello", rewritten=True)
        sent = len(party.room.me.sent)
        await party.chat.update_message(message)
        assert len(party.room.me.sent) == sent
        await party.chat.aclose()

    play(scenario)


@pytest.mark.parametrize("guest", GUESTS.values(), ids=str)
def test_a_long_reply_arrives_whole(guest: Guest) -> None:
    text = "\n\n".join(f"Paragraph {n}. " + "word " * 100 for n in range(140)).strip()
    assert len(text) > 64_000

    async def scenario() -> None:
        party = Party()
        party.join(guest)
        await asyncio.sleep(1)
        message = await party.chat.send_message(text[:30_000], complete=False)
        message.message = text
        await party.chat.update_message(message)
        shown = "".join(party.pages[guest.identity].texts)
        assert "".join(shown.split()) == "".join(text.split())
        for frame in party.room.me.sent:
            assert not isinstance(frame, Packet) or len(frame.payload) < 15_000
        await party.chat.aclose()

    play(scenario)


some_guests = st.lists(st.sampled_from(sorted(GUESTS)), min_size=1, max_size=5, unique=True)
text = st.text("ab", min_size=1, max_size=3)
growth = st.tuples(st.just("grow"), text) | st.tuples(st.just("replace"), text)
waits = st.tuples(st.just("wait"), st.sampled_from([0.0, 0.01, 0.3, 3.0]))
moves = st.tuples(st.sampled_from(["come", "come again", "go"]), st.sampled_from(sorted(GUESTS)))
returns = st.tuples(st.sampled_from(["come again", "go"]), st.sampled_from(sorted(GUESTS)))
reconnects = st.tuples(st.sampled_from(["reconnected", "lost"]), st.none())


async def grow(party: Party, steps: list[tuple[str, Any]], people: list[str]) -> tuple[str, bool]:
    """Send a message that lives through `steps`; the text it was completed with, and if rewritten."""
    rewritten = False
    message = await party.chat.send_message("", complete=False)
    calls: list[asyncio.Future[None]] = []
    for step, value in [*steps, ("grow", "!")]:
        match step:
            case "grow" | "replace":
                rewritten |= step == "replace"
                message.message = ("" if step == "replace" else message.message or "") + value
                update = party.chat.update_message(message, complete=False)
                calls.append(asyncio.ensure_future(update))
                await asyncio.sleep(0)
            case "come" | "come again":
                if value in people:
                    party.join(GUESTS[value], reloaded=step == "come")
            case "go":
                party.leave(GUESTS[value])
            case "wait":
                await asyncio.sleep(value)
            case "lost" | "reconnected":
                if step == "lost":
                    party.lose_connections()
                rewritten = True  # Told again on a new stream, which Unity shows anew.
                party.room.emit("reconnected")
                await asyncio.sleep(0)
    await party.chat.update_message(message)
    await asyncio.gather(*calls)
    return message.message or "", rewritten


@settings(deadline=None, max_examples=150)
@given(
    some_guests,
    st.lists(st.sampled_from(sorted(GUESTS)), max_size=3),
    st.lists(growth | waits | moves, max_size=12),
    st.lists(st.sampled_from([Fate.DELIVERED, Fate.SLOW]), max_size=12),
)
def test_whoever_comes_and_goes_shows_it_once(
    people: list[str], first: list[str], steps: list[tuple[str, Any]], fates: list[Fate]
) -> None:
    async def scenario() -> None:
        party = Party()
        for identity in first:
            if identity in people:
                party.join(GUESTS[identity])
        await asyncio.sleep(1)
        party.room.me.fates.extend(fates)
        completed, _ = await grow(party, steps, people)
        await asyncio.sleep(LONG_AFTER)
        # Who came back is told again, on a new stream.
        party.check(completed, completed, rewritten=True)
        assert not any(page.dropped for page in party.present.values())
        await party.chat.aclose()

    play(scenario)


@settings(deadline=None, max_examples=150)
@given(
    some_guests,
    st.lists(growth, max_size=3),
    st.lists(returns | waits, max_size=8),
    st.lists(st.sampled_from([Fate.DELIVERED, Fate.SLOW]), max_size=12),
)
def test_whoever_leaves_while_the_end_is_delivered_and_returns_shows_it_once(
    people: list[str],
    steps: list[tuple[str, Any]],
    after: list[tuple[str, Any]],
    fates: list[Fate],
) -> None:
    async def scenario() -> None:
        party = Party()
        for identity in people:
            party.join(GUESTS[identity])
        await asyncio.sleep(1)
        party.room.me.fates.extend(fates)
        sending = asyncio.ensure_future(grow(party, steps, people))
        for step, value in after:
            await asyncio.sleep(0)
            match step:
                case "come again" if value in party.pages:
                    party.join(GUESTS[value], reloaded=False)
                case "go":
                    party.leave(GUESTS[value])
                    party.may_miss.add(value)
                case "wait":
                    await asyncio.sleep(value)
        completed, _ = await sending
        await asyncio.sleep(LONG_AFTER)
        party.check(completed, completed, rewritten=True)
        await party.chat.aclose()

    play(scenario)


@settings(deadline=None, max_examples=150)
@given(
    some_guests,
    st.lists(growth | waits | reconnects, max_size=8),
    st.lists(text, max_size=3),
    st.booleans(),
    st.data(),
)
def test_whatever_fails_they_show_the_last_text_once(
    people: list[str],
    steps: list[tuple[str, Any]],
    edits: list[str],
    certain: bool,
    data: st.DataObject,
) -> None:
    fates = data.draw(st.lists(st.sampled_from(CERTAIN if certain else UNCERTAIN), max_size=16))

    async def scenario() -> None:
        party = Party()
        party.watch_streams = False  # What failed may be open, and is closed by a second header.
        for identity in people:
            party.join(GUESTS[identity])
        await asyncio.sleep(1)
        if not certain:
            party.may_miss = set(people)
        party.room.me.fates.extend(fates)
        completed, _ = await grow(party, steps, people)
        message = next(iter(party.chat._outbox._messages.values()))._message
        final = completed
        for edit in edits:
            message.message = final = edit
            await party.chat.update_message(message)
        await asyncio.sleep(LONG_AFTER)
        party.check(final, completed, rewritten=True)
        await party.chat.aclose()

    play(scenario)
