"""Where the session's text comes out."""

from __future__ import annotations

import pytest

from assistant.answering.reply import ReplyWriter
from assistant.answering.text_output import ReplyTextOutput
from chat import OwnedTasks
from tests.unit.assistant.doubles import ChatDouble

FLUSH = object()
"""The end of a step."""


async def granted() -> bool:
    return True


@pytest.mark.parametrize(
    ("captured", "shown"),
    [
        (["one", " two"], "one two"),
        (["I look it up.", FLUSH, "It ", "rains."], "I look it up.\n\nIt rains."),
        ([FLUSH, "no text before the tool"], "no text before the tool"),
        (["a", FLUSH, FLUSH, "b"], "a\n\nb"),
        (["the end", FLUSH], "the end"),
        (["  ", FLUSH, "white space is no step"], "  white space is no step"),
    ],
)
async def test_steps_are_separated(captured: list[object], shown: str) -> None:
    chat, output = ChatDouble(), ReplyTextOutput()
    output.reply = ReplyWriter(chat.manager, OwnedTasks(), granted)
    for piece in captured:
        if isinstance(piece, str):
            await output.capture_text(piece)
        else:
            output.flush()
    output.reply.finish()
    await output.reply.written()
    assert chat.completed == [shown]


async def test_the_next_reply_does_not_begin_with_a_separator() -> None:
    chat, output = ChatDouble(), ReplyTextOutput()
    for text in ["first", "second"]:
        output.reply = ReplyWriter(chat.manager, OwnedTasks(), granted)
        await output.capture_text(text)
        output.flush()
        output.reply.finish()
        await output.reply.written()
    assert chat.completed == ["first", "second"]


async def test_text_that_no_reply_wants_is_dropped() -> None:
    output = ReplyTextOutput()
    await output.capture_text("late")
    output.flush()
