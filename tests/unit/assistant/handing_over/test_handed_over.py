"""What one agent writes down for the next."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.handing_over.handed_over import (
    HandedOver,
    HandedQuestion,
    MissedMessage,
    from_json,
    to_json,
)
from assistant.turns.turn import Question, UnreadFile
from chat import Attachment, ChatMessage, MissingAttachment

TEXT = st.text(max_size=50)
FILES = st.lists(st.builds(UnreadFile, TEXT, TEXT, st.none() | st.integers(0), TEXT), max_size=2)
QUESTIONS = st.builds(
    HandedQuestion, TEXT, TEXT, TEXT, TEXT, st.floats(0, 1e6), FILES.map(tuple), st.booleans()
)
MISSED = st.builds(
    MissedMessage,
    TEXT,
    st.none() | TEXT,
    st.none() | TEXT,
    st.booleans(),
    st.booleans(),
    st.lists(st.tuples(TEXT, TEXT), max_size=2).map(tuple),
)
LEFT = st.builds(
    HandedOver,
    st.lists(QUESTIONS, max_size=3).map(tuple),
    st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple),
    st.lists(MISSED, max_size=3).map(tuple),
)


@given(left=LEFT)
def test_all_of_it_can_be_read(left: HandedOver) -> None:
    assert from_json(to_json(left)) == left


@pytest.mark.parametrize("text", ["", "[]", '"x"', '{"questions": 1}', '{"answered": [["ada"]]}'])
def test_what_another_version_wrote_may_be_nothing(text: str) -> None:
    assert from_json(text) == HandedOver()


def test_a_question_keeps_its_age_whatever_the_clocks_say() -> None:
    file = UnreadFile("a.png", "image/png", 3)
    question = Question("m1", "ada", "Ada", "hello", asked_at=90.0, files=(file,), spoken=True)
    there = HandedQuestion.of(question, now=100.0).question(5.0, announced=True)
    assert there.asked_at == -5.0
    assert (there.id, there.identity, there.name, there.text) == ("m1", "ada", "Ada", "hello")
    assert (there.files, there.spoken, there.announced) == ((file,), True, True)


def test_a_question_from_the_future_has_just_come() -> None:
    assert HandedQuestion.of(Question("m1", "ada", "Ada", "hi", asked_at=9.0), now=1.0).age == 0.0


def test_files_of_a_missed_message_are_told_of_and_are_missing() -> None:
    message = ChatMessage(
        "look",
        "m1",
        participant_identity="ada",
        attachments=(Attachment("f1", "a.png", "image/png", b"png"),),
        missing_attachments=(MissingAttachment("f2", "too large", "b.mov", "video/quicktime"),),
    )
    files = MissedMessage.of(message).message.missing_attachments
    assert [(file.name, file.reason) for file in files] == [
        ("a.png", "missing"),
        ("b.mov", "missing"),
    ]
