"""Whatever goes wrong on the way, everybody ends up with exactly the final text, once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from itertools import accumulate
from typing import Any
from unittest.mock import patch

from hypothesis import example, given, settings
from hypothesis import strategies as st

from chat import ChatManager, ChatMessage
from chat.wire import BLANK, well_formed
from tests.doubles import (
    Client,
    FakeRoom,
    Fate,
    Frame,
    Header,
    Packet,
    Page,
    Trailer,
    say_hello,
)
from tests.virtual_time import run_in_virtual_time

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=20)
"""All of Unicode, with control characters and lone surrogates."""

LONG_AFTER = 60.0
"""Seconds after which nothing is under way any more, if nothing fails."""


class Onlookers:
    """Pages of participants, fed by what a room sends for as long as they are in it."""

    def __init__(self, room: FakeRoom) -> None:
        self.room = room
        self.pages: dict[str, Page] = {}
        self.present: dict[str, Page] = {}
        room.me.on_frame = self._take

    def join(
        self, identity: str, client: Client, *, reloaded: bool = True, silent: bool = False
    ) -> None:
        if identity in self.present:
            return
        if reloaded or identity not in self.pages:
            self.pages[identity] = Page(identity, client)
        self.room.announce(identity)
        if not silent:
            say_hello(self.room, identity, client)
        self.present[identity] = self.pages[identity]
        self.room.activate(identity)

    def leave(self, identity: str) -> None:
        if identity in self.present:
            self.present.pop(identity).lose_connection()
            self.room.leave(identity)

    def _take(self, frame: Frame) -> None:
        for page in self.present.values():
            page.take(frame)


def play(scenario: Callable[[], Any]) -> None:
    """Run a scenario in virtual time, in which no delivery is ever given up."""
    with patch("chat.sending.channels.retries.RETRY_LIMIT", float("inf")):
        run_in_virtual_time(scenario())


@contextmanager
def nothing_left_running() -> Iterator[None]:
    before = asyncio.all_tasks()
    yield
    assert asyncio.all_tasks() == before


async def say(chat: ChatManager, drafts: list[tuple[str, bool]]) -> ChatMessage:
    """Write a message that says each draft in turn, waiting for its delivery where told to."""
    message = await chat.send_message("", complete=False)
    calls = []
    for text, wait in drafts:
        message.message = text
        calls.append(asyncio.ensure_future(chat.update_message(message, complete=False)))
        await (calls[-1] if wait else asyncio.sleep(0.01))
    await chat.update_message(message)
    await asyncio.gather(*calls)
    return message


def assert_shows(page: Page, text: str, *, earlier: bool = False) -> None:
    """Check that a page shows `text` once; an emptied message only if it had text `earlier`."""
    texts = ["" if shown == BLANK else shown for shown in page.texts]
    text = "" if text == BLANK else text
    assert texts == [well_formed(text)] or (not text and texts in ([], [""] if earlier else []))


DRAFTS = st.lists(st.tuples(ANY_TEXT, st.booleans()), max_size=8)
"""Texts of a message, and whether the delivery of each is waited for."""

FATES = st.lists(st.sampled_from(Fate), max_size=24)


@settings(deadline=None)
@given(DRAFTS, FATES)
def test_a_growing_message_arrives_exactly_once(
    chunks: list[tuple[str, bool]], fates: list[Fate]
) -> None:
    drafts = list(accumulate(chunks, lambda draft, chunk: (draft[0] + chunk[0], chunk[1])))

    async def scenario() -> None:
        room = FakeRoom()
        onlookers = Onlookers(room)
        chat = ChatManager(room)
        onlookers.join("streams", Client.WEB)
        onlookers.join("edits", Client.WEB_JSON)
        with nothing_left_running():
            room.me.fates.extend(fates)
            await say(chat, drafts)
            await chat.aclose()
        for page in onlookers.pages.values():
            assert_shows(page, drafts[-1][0] if drafts else "")

    play(scenario)


@settings(deadline=None)
@given(DRAFTS, FATES)
def test_a_message_that_is_rewritten_arrives_exactly_once(
    drafts: list[tuple[str, bool]], fates: list[Fate]
) -> None:
    async def scenario() -> None:
        room = FakeRoom()
        onlookers = Onlookers(room)
        chat = ChatManager(room)
        onlookers.join("streams", Client.WEB)
        onlookers.join("edits", Client.WEB_JSON)
        room.me.fates.extend(fates)
        await say(chat, drafts)
        await chat.aclose()
        for page in onlookers.pages.values():
            assert_shows(page, drafts[-1][0] if drafts else "", earlier=True)

    play(scenario)


@settings(deadline=None)
@given(ANY_TEXT, st.lists(ANY_TEXT, min_size=1, max_size=4), FATES)
@example("", ["0", "", "0", ""], [*[Fate.DELIVERED] * 4, Fate.SLOW, Fate.DELIVERED, Fate.SLOW])
def test_edits_of_a_complete_message_that_overtake_each_other_end_with_the_last(
    first: str, edits: list[str], fates: list[Fate]
) -> None:
    async def scenario() -> None:
        room = FakeRoom()
        onlookers = Onlookers(room)
        chat = ChatManager(room)
        onlookers.join("streams", Client.WEB)
        onlookers.join("edits", Client.WEB_JSON)
        room.me.fates.extend(fates)
        message = await chat.send_message("!" + first)
        calls = []
        for text in edits:
            message.message = "!" + text
            calls.append(asyncio.ensure_future(chat.update_message(message)))
            await asyncio.sleep(0)
        await asyncio.gather(*calls)
        await chat.aclose()
        for page in onlookers.pages.values():
            assert page.texts == ["!" + well_formed(edits[-1])]

    play(scenario)


@settings(deadline=None)
@given(st.lists(st.tuples(st.text("ab", max_size=3), st.booleans(), st.booleans())), FATES)
def test_a_message_survives_lost_connections(
    steps: list[tuple[str, bool, bool]], fates: list[Fate]
) -> None:
    async def scenario() -> None:
        room = FakeRoom()
        onlookers = Onlookers(room)
        chat = ChatManager(room)
        onlookers.join("streams", Client.WEB)
        onlookers.join("edits", Client.WEB_JSON)
        room.me.fates.extend(fates)
        message = await chat.send_message("", complete=False)
        calls = []
        for text, complete, rebuilt in steps:
            message.message = f"{message.message}{text}"
            calls.append(asyncio.ensure_future(chat.update_message(message, complete=complete)))
            await asyncio.sleep(0.01)
            if rebuilt:
                for page in onlookers.pages.values():
                    page.lose_connection()
            room.emit("reconnected")
            await asyncio.sleep(0)
        await chat.update_message(message)
        await asyncio.gather(*calls)
        await chat.aclose()
        for page in onlookers.pages.values():
            assert_shows(page, message.message or "")

    play(scenario)


class Loss(Enum):
    """What happens to the permission to publish data."""

    DROPPED = auto()
    """The server drops what is sent, and the news of it is on its way."""
    TOLD = auto()
    """The news arrives."""
    OVER = auto()
    """The permission is given back, and we know."""


@settings(deadline=None)
@given(
    st.lists(st.one_of(st.text("ab", min_size=1, max_size=3), st.sampled_from(Loss)), max_size=12),
    st.booleans(),
)
def test_a_message_survives_the_loss_of_the_permission_to_send_it(
    steps: list[str | Loss], waiting: bool
) -> None:
    async def scenario() -> None:
        room = FakeRoom()
        onlookers = Onlookers(room)
        chat = ChatManager(room)
        for identity, client in {"web": Client.WEB, "json": Client.WEB_JSON}.items():
            onlookers.join(identity, client)
        onlookers.join("swift", Client.SESSION)
        message = await chat.send_message("", complete=False)

        async def happen(step: str | Loss) -> None:
            match step:
                case Loss.DROPPED:
                    room.me.permitted = False
                case Loss.TOLD:
                    if not room.me.permitted:
                        room.permit(writing=False)
                case Loss.OVER:
                    if not room.me.permitted:
                        room.permit(writing=False)
                    room.me.permitted = True
                    room.permit(writing=True)
                case text:
                    message.message = f"{message.message}{text}"
                    await chat.update_message(message, complete=False)

        for step in steps:
            await happen(step)
            await asyncio.sleep(0.01 if waiting else 0)
        await chat.update_message(message)
        await happen(Loss.OVER)
        await asyncio.sleep(LONG_AFTER)
        await chat.aclose()
        for page in onlookers.pages.values():
            assert_shows(page, message.message or "")

    play(scenario)


@dataclass(frozen=True)
class Coming:
    identity: str
    reloaded: bool


@dataclass(frozen=True)
class Going:
    identity: str


@dataclass(frozen=True)
class Growing:
    text: str
    replaces: bool = False


@dataclass(frozen=True)
class Waiting:
    seconds: float


PEOPLE = {"ada": Client.WEB, "bob": Client.WEB, "cid": Client.WEB_JSON}

MOVES = st.one_of(
    st.builds(Coming, st.sampled_from(sorted(PEOPLE)), st.booleans()),
    st.builds(Going, st.sampled_from(sorted(PEOPLE))),
)
WAITS = st.builds(Waiting, st.sampled_from([0.0, 0.01, 0.3, 3.0]))
GROWTH = st.builds(Growing, st.text("ab", min_size=1, max_size=3), st.booleans())


class WireWatch:
    """Fails on frames that must never be sent, when nothing else goes wrong."""

    def __init__(self, room: FakeRoom) -> None:
        self._open: set[str] = set()
        self._next = room.me.on_frame
        room.me.on_frame = self._take

    def _take(self, frame: Frame) -> None:
        match frame:
            case Header():
                assert frame.addressees, "an empty list means everybody"
                assert frame.stream_id not in self._open, "two open streams with one id"
                self._open.add(frame.stream_id)
            case Packet():
                assert frame.addressees, "an empty list means everybody"
            case Trailer():
                self._open.discard(frame.stream_id)
        self._next(frame)


@settings(deadline=None)
@given(
    st.lists(MOVES, max_size=3),
    st.lists(st.one_of(MOVES, GROWTH, WAITS), max_size=10),
    st.lists(st.one_of(MOVES, WAITS), max_size=6),
    st.lists(st.sampled_from([Fate.DELIVERED, Fate.SLOW]), max_size=12),
)
def test_who_comes_and_goes_while_a_message_grows_has_it_once(
    before: list[Coming | Going],
    during: list[Coming | Going | Growing | Waiting],
    after: list[Coming | Going | Waiting],
    fates: list[Fate],
) -> None:
    async def scenario() -> None:
        room = FakeRoom()
        onlookers = Onlookers(room)
        WireWatch(room)
        chat = ChatManager(room)
        room.me.fates.extend(fates)

        async def happen(event: Coming | Going | Growing | Waiting) -> None:
            match event:
                case Coming(identity, reloaded):
                    onlookers.join(identity, PEOPLE[identity], reloaded=reloaded)
                case Going(identity):
                    onlookers.leave(identity)
                case Growing(text, replaces):
                    old = "" if replaces else message.message or ""
                    message.message = old + text
                    calls.append(
                        asyncio.ensure_future(chat.update_message(message, complete=False))
                    )
                case Waiting(seconds):
                    await asyncio.sleep(seconds)

        for move in before:
            await happen(move)
        meant = set(onlookers.present)
        message = await chat.send_message("", complete=False)
        calls: list[asyncio.Future[None]] = []
        for event in [*during, Growing("!")]:
            await happen(event)
            meant |= set(onlookers.present)
        calls.append(asyncio.ensure_future(chat.update_message(message)))
        for late in after:
            match late:
                case Coming(identity):
                    # Who comes when it is complete is told nothing, nor twice what it was told.
                    if identity in meant:
                        onlookers.join(identity, PEOPLE[identity], reloaded=False)
                case _:
                    await happen(late)
        await asyncio.sleep(LONG_AFTER)
        await asyncio.gather(*calls)
        await chat.aclose()
        for page in onlookers.present.values():
            assert page.texts == [message.message], page.identity
            assert not page.dropped

    play(scenario)
