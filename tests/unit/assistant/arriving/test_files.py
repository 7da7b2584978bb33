"""Files that come with words: the LLM is told of them, people of those that did not come."""

from __future__ import annotations

import json
from typing import Any

import pytest

import prompts
from assistant.arriving.files import LONGEST_NAME, MOST_FILES, unread_files
from assistant.turns.turn import UnreadFile
from chat import Attachment, ChatMessage, MissingAttachment
from tests.unit.assistant.doubles import ADA, BOB, EVE, RoomDouble
from tests.unit.assistant.scene import talking

CAT = Attachment("1", "cat.png", "image/png", b"\x89PNG")
LARGE = MissingAttachment("2", "too large", "film.mp4", "video/mp4")


def told(question: str) -> Any:
    """The list of files in the note below a question."""
    note = question.splitlines()[-1].removeprefix(f"({prompts.load('note_unread_files')} ")
    return json.loads(note.removesuffix(")"))


def test_what_arrived_and_what_did_not_is_listed_in_printable_words() -> None:
    odd = Attachment("3", "a\n\u202eb\x1b[1m", "x" * 999, b"")
    message = ChatMessage("look", attachments=(CAT, odd), missing_attachments=(LARGE,))
    assert unread_files(message) == (
        UnreadFile("cat.png", "image/png", 4),
        UnreadFile("a b[1m", "x" * LONGEST_NAME, 0),
        UnreadFile("film.mp4", "video/mp4", problem="too large"),
    )


def test_of_very_many_the_first_are_listed() -> None:
    surplus = tuple(MissingAttachment(str(n), "too many") for n in range(999))
    files = unread_files(ChatMessage("look", attachments=(CAT,), missing_attachments=surplus))
    assert len(files) == MOST_FILES
    assert files[0].name == "cat.png"


async def test_the_llm_is_told_which_files_it_was_not_shown() -> None:
    async with talking() as scene:
        scene.chat.receive("look", attachments=(CAT,), missing_attachments=(LARGE,))
        await scene.has_completed(1)
        (question,) = scene.questions
        assert question.splitlines()[0] == "look"
        assert told(question) == [
            {"name": "cat.png", "type": "image/png", "bytes": 4},
            {"name": "film.mp4", "type": "video/mp4", "problem": "too large"},
        ]


async def test_an_edit_keeps_the_files() -> None:
    async with talking() as scene:
        message = scene.chat.receive("look", attachments=(CAT,))
        await scene.has_completed(1)
        scene.chat.edit(message, "look here")
        await scene.has_asked(2)
        assert scene.questions[1].startswith("look here\n")
        assert told(scene.questions[1]) == [{"name": "cat.png", "type": "image/png", "bytes": 4}]


async def test_what_was_overheard_and_then_addressed_keeps_its_files() -> None:
    async with talking(room=RoomDouble(ADA, BOB, EVE)) as scene:
        message = scene.chat.receive("look", attachments=(CAT,))
        scene.chat.edit(message, "Assistant, look")
        await scene.has_asked(1)
        assert "cat.png" in scene.questions[0]


@pytest.mark.parametrize(
    ("reason", "notice"),
    [
        ("attachment too large", "notice_file_too_large"),
        ("attachment missing", "notice_file_missing"),
    ],
)
async def test_people_are_told_the_truth_about_a_file_that_did_not_come(
    reason: str, notice: str
) -> None:
    async with talking() as scene:
        scene.chat.reject(reason)
        scene.chat.receive("look", missing_attachments=(LARGE,))
        await scene.has_completed(2)
        assert prompts.load(notice) in scene.chat.completed
        assert len(scene.asked) == 1
