"""The book of lessons: one failed request, not one a turn, nor one a room."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from assistant.language_model.failure import Failure, Remedy
from assistant.language_model.refusal import Refusal
from assistant.language_model.request.body import acceptable
from assistant.language_model.request.lesson_book import LessonBook
from assistant.language_model.request.lessons import Lessons
from tests.unit.assistant.language_model.request.strict import message
from tests.unit.assistant.language_model.request.test_lessons import BODY, CHOICES, refusal

STREAM_OPTIONS = refusal(400, "unknown", "stream_options")
TOO_LONG = refusal(400, "context_length_exceeded")


class Room:
    """Asks, and is refused."""

    def __init__(self, book: LessonBook, **fields: Any) -> None:
        self.book = book
        self.lessons = book.of("m")
        self.body = acceptable({**BODY, **fields}, CHOICES, self.lessons, is_openai=True)

    def refused(self, why: Refusal) -> Failure:
        return self.book.explain(why, self.body, self.lessons)


def test_what_was_learned_is_remembered_for_the_model_alone() -> None:
    book = LessonBook()
    assert Room(book).refused(STREAM_OPTIONS).learned
    assert book.of("m").without == {"stream_options"}
    assert book.of("other") == Lessons()


def test_the_same_refusal_of_the_next_request_teaches_nothing() -> None:
    book = LessonBook()
    assert Room(book).refused(STREAM_OPTIONS).learned
    assert not Room(book).refused(STREAM_OPTIONS).learned


@pytest.mark.parametrize(
    "why",
    [
        STREAM_OPTIONS,
        TOO_LONG,
        refusal(400, "strict tools are not supported"),
        refusal(400, "System role not supported, only streaming with tools"),
        refusal(400, "Use max_tokens", "max_completion_tokens"),
    ],
)
def test_rooms_that_are_refused_at_the_same_time_learn_one_lesson(why: Refusal) -> None:
    book = LessonBook()
    rooms = [Room(book) for _ in range(3)]
    assert all(room.refused(why).learned for room in rooms)
    alone = LessonBook()
    Room(alone).refused(why)
    assert book.of("m") == alone.of("m")


def test_a_refusal_that_another_request_cannot_help_is_not_asked_again() -> None:
    book = LessonBook()
    room = Room(book)
    Room(book).refused(STREAM_OPTIONS)
    failure = room.refused(refusal(401, "no"))
    assert not failure.learned
    assert failure.remedy is Remedy.OPERATOR


def test_what_a_person_wrote_teaches_nothing() -> None:
    book = LessonBook()
    question = "Is it so that tools and streaming are not supported by the system role?"
    room = Room(book, messages=[message("user", question)])
    failure = room.refused(refusal(400, f"cannot parse: {question}"))
    assert not failure.learned
    assert question not in failure.detail
    assert book.of("m") == Lessons()


def test_a_path_is_learned_once() -> None:
    book, failure = LessonBook(), Failure("status 404")
    known = book.of("m")
    assert book.learn_path(failure, "/v1", "m", known).learned
    assert book.learn_path(failure, "/v1", "m", known).learned
    assert not book.learn_path(failure, "/v1", "m", book.of("m")).learned
    assert book.of("m").path == "/v1"


def test_a_lesson_is_one_line_that_quotes_nobody(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    book = LessonBook()
    Room(book).refused(refusal(400, "my secret", "stream_options"))
    Room(book).refused(refusal(400, "my secret", "stream_options"))
    (line,) = caplog.records
    assert line.__dict__["without"] == ["stream_options"]
    assert "my secret" not in str(line.__dict__)
