"""A slow uplink: the text stream is there, its JSON twin comes seconds later."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat import ChatManager
from chat.detection import LATE_TWIN_LIMIT, TWIN_LIMIT
from chat.wire import BLANK
from tests.doubles import Client, FakeRoom, Fate, Frame, Header, Page, Trailer
from tests.virtual_time import run_in_virtual_time

FLUTTER_ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
"""In lower case, as web clients' ids are."""
SWIFT_ID = FLUTTER_ID.upper()

SLOW_CLIENTS = [Client.WEB, Client.WEB_SESSION, Client.ANDROID]
LONG_AFTER = 60.0


class Conversation:
    """A room with people who have just written, and what their pages show."""

    def __init__(self) -> None:
        self.room = FakeRoom()
        self.chat = ChatManager(self.room)
        self.pages: dict[str, Page] = {}
        self.headers: list[tuple[float, Header]] = []
        """The streams that were opened, and when."""
        self.open: set[str] = set()
        """The ids of those that were not closed."""
        self.room.me.on_frame = self._take

    def join(self, identity: str, client: Client) -> None:
        self.pages[identity] = Page(identity, client)
        self.room.join(identity)

    def write(self, identity: str, stream_id: str = FLUTTER_ID) -> None:
        reader = self.room.open_stream(identity, stream_id)
        reader.write("hi")
        reader.end()

    def twin(self, identity: str, message_id: str = FLUTTER_ID) -> None:
        fields = {"id": message_id, "timestamp": 1, "message": "hi", "ignoreLegacy": True}
        self.room.receive(fields, identity, "lk-chat-topic")

    def shows(self, identity: str) -> list[str]:
        """What a page shows, without bubbles that are empty."""
        return [text for text in self.pages[identity].texts if text != BLANK]

    def _take(self, frame: Frame) -> None:
        if isinstance(frame, Header):
            self.headers.append((asyncio.get_running_loop().time(), frame))
            self.open.add(frame.stream_id)
        elif isinstance(frame, Trailer):
            self.open.remove(frame.stream_id)
        for page in self.pages.values():
            page.take(frame)


def play(scenario: Callable[[Conversation], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        talk = Conversation()
        await scenario(talk)
        await asyncio.sleep(LONG_AFTER)
        assert not talk.open
        assert not any(page.dropped for page in talk.pages.values())
        await talk.chat.aclose()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run_in_virtual_time(main())


async def reply(talk: Conversation, *pauses: float, text: str = "answer") -> None:
    """Send a message that grows by a letter after each pause, and then to its end."""
    message = await talk.chat.send_message("", complete=False)
    for length, pause in enumerate(pauses, start=1):
        await asyncio.sleep(pause)
        message.message = text[:length]
        await talk.chat.update_message(message, complete=False)
    message.message = text
    await talk.chat.update_message(message)


@pytest.mark.parametrize("client", SLOW_CLIENTS)
@pytest.mark.parametrize("late", [0.6, 2.0, 4.0, LATE_TWIN_LIMIT - 1])
def test_the_first_answer_is_shown_once_however_late_the_twin(client: Client, late: float) -> None:
    async def scenario(talk: Conversation) -> None:
        talk.join("ada", client)
        talk.write("ada")
        replying = asyncio.ensure_future(reply(talk, 1.0, 1.0, 1.0))
        await asyncio.sleep(late)
        talk.twin("ada")
        await replying
        await asyncio.sleep(1.0)
        assert talk.shows("ada") == ["answer"]

    play(scenario)


@pytest.mark.parametrize("client", SLOW_CLIENTS)
def test_a_twin_before_the_first_word_leaves_no_trace(client: Client) -> None:
    async def scenario(talk: Conversation) -> None:
        talk.join("ada", client)
        talk.join("bob", Client.SESSION)
        talk.write("bob", SWIFT_ID)
        talk.write("ada")
        replying = asyncio.ensure_future(reply(talk, 1.0, 1.0))
        await asyncio.sleep(0.6)
        talk.twin("ada")
        await replying
        assert talk.pages["ada"].texts == talk.pages["bob"].texts == ["answer"]
        topics = sorted(header.topic for _, header in talk.headers)
        assert topics == ["lk.chat", "lk.transcription"]

    play(scenario)


def test_all_that_was_sent_since_the_stream_is_sent_again() -> None:
    async def scenario(talk: Conversation) -> None:
        talk.join("ada", Client.WEB)
        for number in "12":
            talk.write("ada", number)
            await asyncio.sleep(1.0)
            await reply(talk, 1.0, text=f"to {number}")
        talk.twin("ada", "1")
        await asyncio.sleep(1.0)
        assert talk.shows("ada") == ["to 1", "to 2"]

    play(scenario)


def test_it_grows_from_the_twin_on() -> None:
    async def scenario(talk: Conversation) -> None:
        talk.join("ada", Client.WEB)
        talk.write("ada")
        replying = asyncio.ensure_future(reply(talk, 1.0, 1.0, 1.0))
        await asyncio.sleep(2.5)
        assert talk.shows("ada") == []
        talk.twin("ada")
        await asyncio.sleep(0.2)
        assert talk.shows("ada") == ["an"]
        await asyncio.sleep(1.0)
        assert talk.shows("ada") == ["answer"]
        await replying

    play(scenario)


def test_who_sent_one_late_twin_is_waited_for_the_next_time() -> None:
    async def scenario(talk: Conversation) -> None:
        talk.join("ada", Client.WEB_SESSION)
        talk.write("ada", "1")
        await asyncio.sleep(2.0)
        talk.twin("ada", "1")
        talk.write("ada", "2")
        await asyncio.sleep(1.0)
        await reply(talk, 1.0, 1.0)
        talk.twin("ada", "2")
        assert talk.pages["ada"].texts == ["answer"]
        assert {header.topic for _, header in talk.headers} == {"lk.chat"}

    play(scenario)


@pytest.mark.parametrize(("stream_id", "seconds"), [(FLUTTER_ID, TWIN_LIMIT), (SWIFT_ID, 0.0)])
def test_sessions_show_it_once_and_wait_no_longer_than_for_a_prompt_twin(
    stream_id: str, seconds: float
) -> None:
    async def scenario(talk: Conversation) -> None:
        talk.join("ada", Client.SESSION)
        began = asyncio.get_running_loop().time()
        talk.write("ada", stream_id)
        await asyncio.sleep(0)
        await reply(talk, 0.0, 1.0, 1.0)
        assert talk.pages["ada"].texts == ["answer"]
        ((opened, header),) = talk.headers
        assert header.topic == "lk.transcription"
        assert opened - began == pytest.approx(seconds, abs=0.01)
        await asyncio.sleep(LATE_TWIN_LIMIT * 2)
        await reply(talk, 1.0, text="another")
        assert talk.pages["ada"].texts == ["answer", "another"]

    play(scenario)


def test_a_session_beside_a_slow_page_keeps_what_it_shows() -> None:
    async def scenario(talk: Conversation) -> None:
        talk.join("ada", Client.WEB_SESSION)
        talk.join("bob", Client.SESSION)
        talk.write("bob", SWIFT_ID)
        talk.write("ada")
        replying = asyncio.ensure_future(reply(talk, 1.0, 1.0, 1.0))
        await asyncio.sleep(1.5)
        assert talk.shows("ada") == talk.shows("bob") == ["a"]
        talk.twin("ada")
        await asyncio.sleep(1.0)
        assert talk.shows("ada") == ["an"]
        assert talk.pages["bob"].texts == ["an"]
        await replying
        await asyncio.sleep(1.0)
        assert talk.shows("ada") == ["answer"]
        assert talk.pages["bob"].texts == ["answer"]

    play(scenario)


def test_what_it_was_sent_as_a_session_before_is_not_sent_again() -> None:
    async def scenario(talk: Conversation) -> None:
        talk.join("ada", Client.SESSION)
        talk.write("ada", SWIFT_ID)
        await reply(talk, text="old")
        await asyncio.sleep(LATE_TWIN_LIMIT)
        # She goes on in a browser, over a slow uplink.
        talk.pages["ada"] = Page("ada", Client.WEB)
        talk.write("ada")
        await asyncio.sleep(1.0)
        await reply(talk, text="new")
        talk.twin("ada")
        await asyncio.sleep(1.0)
        assert talk.shows("ada") == ["new"]

    play(scenario)


times = st.floats(0.0, LATE_TWIN_LIMIT - 0.1)
pauses = st.lists(st.sampled_from([0.0, 0.1, 1.0, 5.0]), max_size=5)


@settings(deadline=None, max_examples=100)
@given(
    st.dictionaries(
        st.sampled_from(["ada", "bob", "cyd"]),
        st.tuples(st.sampled_from(SLOW_CLIENTS), times),
        min_size=1,
    ),
    st.booleans(),
    pauses,
    pauses,
    st.lists(st.sampled_from([Fate.DELIVERED, Fate.SLOW]), max_size=12),
)
def test_whoever_is_slow_and_whenever_each_shows_each_message_once(
    slow: dict[str, tuple[Client, float]],
    session: bool,
    first: list[float],
    second: list[float],
    fates: list[Fate],
) -> None:
    async def scenario(talk: Conversation) -> None:
        loop = asyncio.get_running_loop()
        for identity, (client, late) in slow.items():
            talk.join(identity, client)
            talk.write(identity, f"of {identity}")
            loop.call_later(late, talk.twin, identity, f"of {identity}")
        if session:
            talk.join("dan", Client.SESSION)
            talk.write("dan", SWIFT_ID)
        await asyncio.sleep(0.01)
        talk.room.me.fates.extend(fates)
        await reply(talk, *first, text="first")
        await reply(talk, *second, text="second")
        await asyncio.sleep(LONG_AFTER)
        for identity in talk.pages:
            assert sorted(talk.shows(identity)) == ["first", "second"], identity

    play(scenario)
