"""An edit touches only the parts that differ."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from livekit.rtc.participant import PublishDataError

from chat import ChatMessage
from chat.sending import splitting
from chat.sending.channels.parts import Parts
from chat.sending.draft import Draft, Earlier
from chat.sending.splitting import PART_BYTES, Splitter, part_id
from chat.wire import encode
from tests.unit.chat.sending.parts import split

LARGEST_PACKET = 15 * 1024
"""Bytes of a reliable packet."""

ROOM_FOR_ADDRESSEES = 2_000
"""Bytes of it that are left for what the SDK adds."""

LONG = ["a" * PART_BYTES, "b" * PART_BYTES, "c" * 10]


class Reader:
    """What a client that edits shows, and what it was sent."""

    def __init__(self) -> None:
        self.shown: dict[str, str] = {}
        self.sent: list[tuple[str, str, bool]] = []
        self.failures: list[Exception | None] = []

    async def publish(self, part: ChatMessage, edit: bool) -> int:
        failure = self.failures.pop(0) if self.failures else None
        if isinstance(failure, PublishDataError):
            raise failure
        self.shown[part.id] = part.message or ""
        self.sent.append((part.id, part.message or "", edit))
        if failure is not None:
            raise failure
        return len(part.message or "")

    @property
    def text(self) -> str:
        return "".join(self.shown.values())


def draft(*parts: str) -> Draft:
    return Draft("".join(parts))


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.fixture
def parts() -> Parts:
    return Parts(ChatMessage("", "m"))


async def test_a_long_text_is_several_messages(reader: Reader, parts: Parts) -> None:
    size = await parts.write(draft(*LONG), reader.publish)
    assert reader.sent == [("m", LONG[0], False), ("m-2", LONG[1], False), ("m-3", LONG[2], False)]
    assert size == len("".join(LONG))


async def test_growth_sends_the_last_part_only(reader: Reader, parts: Parts) -> None:
    await parts.write(draft(*LONG), reader.publish)
    reader.sent.clear()
    await parts.write(draft(*LONG, "!"), reader.publish)
    assert reader.sent == [("m-3", LONG[2] + "!", True)]


async def test_an_edit_sends_the_parts_that_differ(reader: Reader, parts: Parts) -> None:
    await parts.write(draft(*LONG), reader.publish)
    reader.sent.clear()
    await parts.write(draft(LONG[0], "x" * PART_BYTES, LONG[2]), reader.publish)
    assert reader.sent == [("m-2", "x" * PART_BYTES, True)]


async def test_a_shorter_text_empties_parts_and_a_longer_fills_them(
    reader: Reader, parts: Parts
) -> None:
    await parts.write(draft(*LONG), reader.publish)
    reader.sent.clear()
    await parts.write(draft(LONG[0]), reader.publish)
    assert reader.sent == [("m-2", "", True), ("m-3", "", True)]
    reader.sent.clear()
    await parts.write(draft(LONG[0], "z"), reader.publish)
    assert reader.sent == [("m-2", "z", True)]


async def test_a_deletion_takes_back_every_part(reader: Reader, parts: Parts) -> None:
    await parts.write(draft(*LONG), reader.publish)
    reader.sent.clear()
    await parts.write(Draft("", deleted=True), reader.publish)
    assert reader.sent == [("m", "", True), ("m-2", "", True), ("m-3", "", True)]


async def test_an_edit_of_what_is_shown_already_begins_with_the_difference(
    reader: Reader, parts: Parts
) -> None:
    parts.presume(Earlier("".join(LONG)))
    await parts.write(draft(*LONG, "!"), reader.publish)
    assert reader.sent == [("m-3", LONG[2] + "!", True)]


async def test_what_may_be_shown_is_sent_whole_as_an_edit(reader: Reader, parts: Parts) -> None:
    parts.presume(Earlier("".join(LONG), certain=False))
    await parts.write(draft("hi"), reader.publish)
    assert reader.sent == [("m", "hi", True), ("m-2", "", True), ("m-3", "", True)]


async def test_a_part_that_did_not_arrive_is_new_the_next_time(
    reader: Reader, parts: Parts
) -> None:
    reader.failures = [PublishDataError("no")]
    with pytest.raises(PublishDataError):
        await parts.write(draft("hi"), reader.publish)
    assert not parts.exist
    await parts.write(draft("hi"), reader.publish)
    assert reader.sent == [("m", "hi", False)]


async def test_a_part_that_may_have_arrived_is_emptied_if_it_is_no_longer_needed(
    reader: Reader, parts: Parts
) -> None:
    reader.failures = [None, TimeoutError()]
    with pytest.raises(TimeoutError):
        await parts.write(draft(*LONG), reader.publish)
    await parts.write(draft("hi"), reader.publish)
    assert reader.shown == {"m": "hi", "m-2": ""}


@pytest.mark.parametrize("piece", ['"', "\\", "\n", "\x01", "\u0301", "漢", "👩\u200d👧", "a", "`"])
async def test_no_packet_is_too_large_whatever_the_characters(
    reader: Reader, parts: Parts, piece: str
) -> None:
    await parts.write(draft("x" + piece * 40_000 + "x"), reader.publish)
    for message_id, text, _ in reader.sent:
        packet = encode(ChatMessage(text, message_id), ignore_legacy=True)
        assert len(packet) <= LARGEST_PACKET - ROOM_FOR_ADDRESSEES


async def test_other_rooms_have_their_turn_after_each_part(reader: Reader, parts: Parts) -> None:
    parts.presume(Earlier("".join(LONG)))
    with patch.object(Splitter, "part", autospec=True, side_effect=Splitter.part) as cutting:
        writing = asyncio.ensure_future(parts.write(draft(*LONG), reader.publish))
        calls = []
        while not writing.done():
            await asyncio.sleep(0)
            calls.append(cutting.call_count)
    assert reader.sent == []
    # Once for what is shown, and once for what is to be shown.
    assert max(after - before for before, after in pairwise([0, *calls])) <= 2


async def test_growth_cuts_nothing_anew(reader: Reader, parts: Parts) -> None:
    with patch.object(splitting, "_cut", side_effect=splitting._cut) as cutting:
        text = "word " * 10_000
        for end in range(0, len(text), 1000):
            await parts.write(draft(text[:end]), reader.publish)
        assert cutting.call_count == len(split(text)) - 1


PIECES = st.lists(st.sampled_from(["a" * 7000, "b" * 7000, "\n\n", "c", ""]), max_size=5)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(PIECES.map("".join), min_size=1, max_size=5),
    st.lists(st.sampled_from([None, PublishDataError("no"), TimeoutError()]), max_size=12),
)
async def test_after_any_failures_the_last_text_is_shown(
    texts: list[str], failures: list[Exception | None]
) -> None:
    reader = Reader()
    reader.failures = failures
    parts = Parts(ChatMessage("", "m"))
    for text in texts:
        for _ in range(len(failures) + 1):
            try:
                await parts.write(Draft(text), reader.publish)
            except (PublishDataError, TimeoutError):
                continue
            break
    expected = split(texts[-1])
    for index, message_id in enumerate(sorted(reader.shown, key=lambda i: (len(i), i))):
        assert message_id == part_id("m", index)
        assert reader.shown[message_id] == (expected[index] if index < len(expected) else "")
    assert len(reader.shown) >= len(expected)


@pytest.mark.parametrize("doubted", range(len(LONG)))
async def test_what_is_written_while_a_loss_is_noticed_is_written_again(
    reader: Reader, doubted: int
) -> None:
    parts = Parts(ChatMessage(message="", id="id"))

    async def lose(part: ChatMessage, edit: bool) -> int:
        if part.id == part_id("id", doubted):
            parts.doubt()
        return len(part.message or "")

    await parts.write(draft(*LONG), lose)
    await parts.write(draft(*LONG), reader.publish)
    assert reader.shown == {part_id("id", n): text for n, text in enumerate(LONG)}
