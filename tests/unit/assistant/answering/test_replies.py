"""The replies of a room: their order, what they leave in a bubble, and how they are taken back."""

from __future__ import annotations

import asyncio

import pytest

from assistant.answering.replies import Replies
from assistant.turns.bubble import Bubble
from tests.unit.assistant.doubles import ChatDouble
from tests.waiting import eventually


def permission(granted: bool | None = True) -> asyncio.Future[bool]:
    """Given already; None is not known yet."""
    future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    if granted is not None:
        future.set_result(granted)
    return future


def replies_to(chat: ChatDouble) -> Replies:
    return Replies(chat.manager)


async def test_a_reply_waits_for_the_one_before_it() -> None:
    chat, pending = ChatDouble(), permission(None)
    replies = replies_to(chat)
    first = replies.open(Bubble(), lambda: pending)
    second = replies.open(Bubble(), permission)
    for reply, text in ((second, "second"), (first, "first")):
        reply.append(text)
        reply.finish()
    await asyncio.sleep(0.01)
    assert chat.writes == []
    pending.set_result(True)
    await replies.delivered()
    assert chat.completed == ["first", "second"]


async def test_attempts_write_one_message_one_after_the_other() -> None:
    chat, bubble = ChatDouble(), Bubble()
    replies = replies_to(chat)
    chat.open.clear()
    first = replies.open(bubble, permission)
    first.append("half an an")
    await eventually(lambda: chat.in_flight)
    first.abandon()
    assert bubble.text == "half an an"
    second = replies.open(bubble, permission)
    assert second.is_replacing
    second.append("an answer")
    assert not second.is_replacing
    second.finish()
    chat.open.set()
    await replies.delivered()
    assert chat.completed == chat.texts == ["an answer"]
    assert bubble.message is not None
    assert bubble.message.message == bubble.text == "an answer"


async def test_an_attempt_that_has_nothing_to_say_can_keep_what_is_there() -> None:
    chat, bubble = ChatDouble(), Bubble()
    replies = replies_to(chat)
    first = replies.open(bubble, permission)
    first.append("the old answer")
    first.finish()
    # The old answer counts though it is not written yet.
    second = replies.open(bubble, permission)
    second.keep_replaced()
    second.append(" (Stopped.)")
    second.finish()
    await replies.delivered()
    assert chat.completed == ["the old answer (Stopped.)"]


async def test_what_was_abandoned_before_it_was_written_leaves_no_trace() -> None:
    chat, bubble, pending = ChatDouble(), Bubble(), permission(None)
    replies = replies_to(chat)
    reply = replies.open(bubble, lambda: pending)
    reply.append("never seen")
    reply.abandon()
    await replies.delivered()
    assert chat.writes == []
    assert bubble.text == ""
    assert not pending.cancelled()


@pytest.mark.parametrize("finished", [True, False])
async def test_a_reply_is_taken_back_while_it_is_written(finished: bool) -> None:
    chat, bubble = ChatDouble(), Bubble()
    replies = replies_to(chat)
    chat.open.clear()
    reply = replies.open(bubble, permission)
    reply.append("wrong")
    if finished:
        reply.finish()
    await eventually(lambda: chat.in_flight)
    reply.append(" and more")
    replies.take_back(bubble)
    chat.open.set()
    await replies.delivered()
    assert chat.texts == []
    assert [(write.text, write.deleted) for write in chat.writes] == [
        ("wrong", False),
        ("wrong", True),
    ]
    assert (bubble.message, bubble.text) == (None, "")


async def test_others_go_on_when_one_is_taken_back() -> None:
    chat, wrong = ChatDouble(), Bubble()
    replies = replies_to(chat)
    for bubble, text in ((wrong, "wrong"), (Bubble(), "right")):
        reply = replies.open(bubble, permission)
        reply.append(text)
        reply.finish()
    replies.take_back(wrong)
    await replies.delivered()
    assert chat.completed == chat.texts == ["right"]


async def test_a_deletion_that_fails_is_logged_and_hurts_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    chat, bubble = ChatDouble(), Bubble()
    replies = replies_to(chat)
    reply = replies.open(bubble, permission)
    reply.append("wrong")
    reply.finish()
    await replies.delivered()
    chat.failure = RuntimeError("room is gone")
    replies.take_back(bubble)
    await replies.delivered()
    assert "reply not deleted" in caplog.messages
