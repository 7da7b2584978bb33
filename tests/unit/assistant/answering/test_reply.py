"""One reply's writer: what it writes, when, and that it never makes anybody wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial

import pytest

from assistant.answering.reply import GrowingReplies, ReplyWriter
from chat.events import OwnedTasks
from tests.unit.assistant.doubles import ChatDouble
from tests.virtual_time import run_in_virtual_time
from tests.waiting import eventually


def ends_with(chat: ChatDouble, text: str) -> bool:
    return bool(chat.texts) and chat.texts[0].endswith(text)


async def allowed() -> bool:
    return True


async def refused() -> bool:
    return False


def write_to(
    chat: ChatDouble,
    permission: Callable[[], Awaitable[bool]] = allowed,
    growing: GrowingReplies | None = None,
) -> ReplyWriter:
    return ReplyWriter(chat.manager, growing or GrowingReplies(), OwnedTasks(), permission)


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


async def test_a_refused_reply_is_dropped_and_no_longer_counted() -> None:
    chat, growing = ChatDouble(), GrowingReplies()
    reply = write_to(chat, refused, growing)
    reply.append("secret")
    await reply.written()
    reply.append("more")
    reply.finish()
    assert chat.writes == []
    assert growing.count == 0


async def test_a_reply_that_cannot_be_written_hurts_nobody_who_waits_for_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    chat, growing = ChatDouble(), GrowingReplies()
    chat.failure = RuntimeError("room is gone")
    reply = write_to(chat, growing=growing)
    reply.append("text")
    reply.finish()
    await reply.written()
    assert growing.count == 0
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


def in_virtual_time(main: Coroutine[None, None, None]) -> None:
    run_in_virtual_time(main, "assistant.answering.reply.monotonic")


def test_one_reply_is_written_as_fast_as_the_network_takes_it() -> None:
    async def main() -> None:
        chat = ChatDouble()
        reply = write_to(chat)
        for number in range(50):
            reply.append(f"{number} ")
            await asyncio.sleep(0.001)
        assert len(chat.writes) == 50
        reply.finish()
        await reply.written()

    in_virtual_time(main())


@pytest.mark.parametrize("replies", [2, 30, 300])
def test_many_replies_keep_to_the_process_write_budget(replies: int) -> None:
    async def main() -> None:
        growing, chats = GrowingReplies(), [ChatDouble() for _ in range(replies)]
        writers = [write_to(chat, growing=growing) for chat in chats]
        for number in range(1_000):
            for writer in writers:
                writer.append(f"{number} ")
            await asyncio.sleep(0.01)
        writes = sum(len(chat.writes) for chat in chats)
        # In ten seconds; with two replies the tokens themselves are fewer than the budget.
        assert 200 * 10 * min(1, replies / 3) <= writes <= 1.1 * (300 * 10 + 2 * replies)
        for writer in writers:
            writer.finish()
        await asyncio.gather(*(writer.written() for writer in writers))
        whole = "".join(f"{number} " for number in range(1_000))
        assert all(chat.completed == [whole] for chat in chats)
        assert growing.count == 0

    in_virtual_time(main())


def test_neither_the_first_text_nor_the_last_edit_waits_for_the_pace() -> None:
    async def main() -> None:
        loop, chat = asyncio.get_running_loop(), ChatDouble()
        reply = write_to(chat, growing=GrowingReplies(300))
        reply.append("first")
        await asyncio.sleep(0.001)
        assert chat.texts == ["first"]
        reply.append(" last")
        await asyncio.sleep(0.1)
        assert chat.texts == ["first"], "the pace is a second here"
        started = loop.time()
        reply.finish()
        await reply.written()
        assert chat.completed == ["first last"]
        assert loop.time() - started < 0.001

    in_virtual_time(main())
