"""One reply's writer: what it writes, when, and that it never makes anybody wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from assistant.answering.reply import ReplyWriter
from chat import OwnedTasks
from tests.unit.assistant.doubles import ChatDouble
from tests.waiting import eventually


def ends_with(chat: ChatDouble, text: str) -> bool:
    return bool(chat.texts) and chat.texts[0].endswith(text)


async def allowed() -> bool:
    return True


async def refused() -> bool:
    return False


def write_to(chat: ChatDouble, permission: Callable[[], Awaitable[bool]] = allowed) -> ReplyWriter:
    return ReplyWriter(chat.manager, OwnedTasks(), permission)


async def test_a_reply_is_one_message_with_the_whole_text() -> None:
    chat = ChatDouble()
    reply = write_to(chat)
    for piece in ["Good ", "morning", ", Ada"]:
        reply.append(piece)
        await eventually(partial(ends_with, chat, piece))
    reply.finish()
    await reply.written()
    assert [w.text for w in chat.writes] == [
        "Good ",
        "Good morning",
        "Good morning, Ada",
        "Good morning, Ada",
    ]
    assert len(chat.bubbles) == 1
    assert [w.complete for w in chat.writes] == [False, False, False, True]


async def test_append_returns_while_the_network_hangs_and_one_write_takes_all_that_gathered() -> (
    None
):
    chat = ChatDouble()
    chat.open.clear()
    reply = write_to(chat)
    reply.append("0")
    await eventually(lambda: chat.in_flight)
    for number in range(1, 500):
        reply.append(f" {number}")
    chat.open.set()
    await eventually(lambda: len(chat.writes) == 2)
    reply.finish()
    await reply.written()
    whole = " ".join(map(str, range(500)))
    assert [w.text for w in chat.writes] == ["0", whole, whole]
    assert chat.most_in_flight == 1


@pytest.mark.parametrize("pieces", [[], [""], [" ", "\n"]])
async def test_no_visible_text_leaves_no_bubble(pieces: list[str]) -> None:
    chat = ChatDouble()
    reply = write_to(chat)
    for piece in pieces:
        reply.append(piece)
    assert not reply.has_text
    reply.finish()
    await reply.written()
    assert chat.writes == []


async def test_white_space_before_the_first_word_is_kept_for_it() -> None:
    chat = ChatDouble()
    reply = write_to(chat)
    reply.append("\n")
    await asyncio.sleep(0)
    reply.append("hi")
    reply.finish()
    await reply.written()
    assert chat.completed == ["\nhi"]


async def test_a_finished_reply_takes_no_more_text() -> None:
    chat = ChatDouble()
    reply = write_to(chat)
    reply.append("whole")
    reply.finish()
    reply.append(" and more")
    reply.finish()
    await reply.written()
    assert chat.completed == ["whole"]


async def test_nothing_is_written_before_the_permission() -> None:
    chat, permission = ChatDouble(), asyncio.get_running_loop().create_future()
    reply = write_to(chat, lambda: permission)
    reply.append("a")
    reply.append("b")
    await asyncio.sleep(0)
    assert chat.writes == []
    permission.set_result(True)
    reply.finish()
    await reply.written()
    assert chat.completed == ["ab"]


async def test_a_refused_reply_is_dropped() -> None:
    chat = ChatDouble()
    reply = write_to(chat, refused)
    reply.append("secret")
    await reply.written()
    reply.append("more")
    reply.finish()
    assert chat.writes == []


async def test_a_reply_that_cannot_be_written_hurts_nobody_who_waits_for_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    chat = ChatDouble()
    chat.failure = RuntimeError("room is gone")
    reply = write_to(chat)
    reply.append("text")
    reply.finish()
    await reply.written()
    assert "reply not written" in caplog.messages


async def test_the_last_write_is_tried_again() -> None:
    chat = ChatDouble()
    reply = write_to(chat)
    reply.append("one ")
    await eventually(partial(ends_with, chat, "one "))
    chat.failure = RuntimeError("for a moment")
    reply.append("two")
    reply.finish()
    await eventually(lambda: reply.text == "one two")
    await asyncio.sleep(0)
    chat.failure = None
    await reply.written()
    assert chat.completed == ["one two"]


async def test_a_write_that_fails_loses_nothing() -> None:
    chat = ChatDouble()
    reply = write_to(chat)
    reply.append("one ")
    await eventually(partial(ends_with, chat, "one "))
    chat.failure = RuntimeError("for a moment")
    reply.append("two ")
    await eventually(lambda: "two " in reply.text)
    await asyncio.sleep(0)
    chat.failure = None
    reply.append("three")
    reply.finish()
    await reply.written()
    assert chat.completed == ["one two three"]
