"""Records keep what stands in the code, numbers and what jobs are called; nothing else of others'."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from livekit.agents.cli.log import ColoredFormatter, JsonFormatter

from worker.privacy.exceptions import HIDDEN
from worker.privacy.records import NeutralRecords

SECRET = "Ada said hello"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2ln"


class Recording(logging.Handler):
    """Keeps the records as the handlers of a worker get them."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []
        self.addFilter(NeutralRecords())

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    @property
    def last(self) -> dict[str, Any]:
        """The newest, as `start` prints it."""
        shown: dict[str, Any] = json.loads(JsonFormatter().format(self.records[-1]))
        assert SECRET not in str(shown)
        assert SECRET not in ColoredFormatter("%(message)s %(extra)s").format(self.records[-1])
        return shown


@pytest.fixture
def handler() -> Iterator[Recording]:
    recording, root = Recording(), logging.getLogger()
    root.addHandler(recording)
    yield recording
    root.removeHandler(recording)


@pytest.fixture
def theirs(monkeypatch: pytest.MonkeyPatch) -> logging.Logger:
    """The logger of somebody else's code."""
    monkeypatch.setattr("worker.privacy.records._is_ours", lambda _: False)
    return logging.getLogger("livekit.agents")


ours = logging.getLogger("worker.privacy.test")


def test_our_messages_and_fields_are_kept_but_for_the_private_ones(handler: Recording) -> None:
    ours.warning("reply ended", extra={"outcome": "done", "n": [1, "a"], "lk.pii.detail": SECRET})
    shown = handler.last
    assert (shown["message"], shown["outcome"], shown["n"]) == ("reply ended", "done", [1, "a"])
    assert "lk.pii.detail" not in shown


def test_a_token_is_hidden_wherever_it_stands(handler: Recording) -> None:
    ours.warning(f"joining with {TOKEN}", extra={"url": f"ws://host/rtc?access_token={TOKEN}&a=1"})
    assert handler.last["message"] == f"joining with {HIDDEN}"
    assert handler.last["url"] == f"ws://host/rtc?{HIDDEN}&a=1"


@pytest.mark.parametrize("values", [(SECRET, 3), ({"a": SECRET}, 3), (ValueError(SECRET), 3)])
def test_others_templates_keep_their_numbers(
    values: tuple[object, ...], handler: Recording, theirs: logging.Logger
) -> None:
    theirs.warning("failed %s after %d attempts", *values)
    expected = "ValueError: [hidden]" if isinstance(values[0], ValueError) else HIDDEN
    assert handler.last["message"] == f"failed {expected} after 3 attempts"


def test_of_a_message_that_was_put_together_the_known_beginning_is_kept(
    handler: Recording, theirs: logging.Logger
) -> None:
    name, seconds = SECRET, 2.5
    theirs.warning(f"error in entrypoint of {name} 100%")
    assert handler.last["message"] == f"error in entrypoint of {HIDDEN}"
    theirs.warning(f"retrying in {seconds}s")
    assert handler.last["message"] == "retrying in 2.5s"
    theirs.warning(name + " left")
    assert handler.last["message"] == HIDDEN


@pytest.mark.parametrize(
    "number", ["491511234567", "+1 555 123", "1.5551234567", "1:2", "555123ada"]
)
def test_a_number_that_may_be_a_name_is_hidden(
    number: str, handler: Recording, theirs: logging.Logger
) -> None:
    theirs.warning(f"call from {number}")
    assert handler.last["message"] == f"call from {HIDDEN}"


@pytest.mark.parametrize("number", ["3", "200000", "2.5s", "12.25 ms", "90%"])
def test_a_short_number_is_kept(number: str, handler: Recording, theirs: logging.Logger) -> None:
    theirs.warning(f"took about {number}")
    assert handler.last["message"] == f"took about {number}"


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("keys %s", f"keys {HIDDEN}"),
        ("keys %r", f"keys {HIDDEN}"),
        ("%s of %(n)d", f"{HIDDEN} of 3"),
        ("%(n)d of %(who)s", f"3 of {HIDDEN}"),
    ],
)
def test_of_a_dict_no_key_is_shown(template: str, shown: str, handler: Recording) -> None:
    ours.warning(template, {SECRET: 1, "who": SECRET, "n": 3})
    assert handler.last["message"] == shown


def test_others_fields_are_kept_if_they_name_no_person(
    handler: Recording, theirs: logging.Logger
) -> None:
    theirs.warning(
        "job failed",
        extra={
            "room": "lobby",
            "participant": SECRET,
            "n": 3,
            "job": {"a": SECRET},
            "error": ValueError(SECRET),
        },
    )
    shown = handler.last
    assert (shown["room"], shown["n"]) == ("lobby", 3)
    assert (shown["participant"], shown["job"]) == (HIDDEN, HIDDEN)
    assert shown["error"] == "ValueError: [hidden]"


def test_of_an_exception_the_kind_and_the_places_are_kept(handler: Recording) -> None:
    try:
        raise ValueError(SECRET)
    except ValueError:
        ours.exception("task failed")
    shown = handler.last["exc_info"]
    assert shown.startswith("Traceback")
    assert "test_records.py" in shown
    assert shown.endswith("ValueError: [hidden]")


def test_a_formatter_that_came_before_leaves_no_traceback(handler: Recording) -> None:
    early = logging.StreamHandler(io.StringIO())
    logging.getLogger().handlers.insert(0, early)
    try:
        ours.error("task failed", exc_info=ValueError(SECRET))
    finally:
        logging.getLogger().removeHandler(early)
    assert handler.last["exc_info"] == "ValueError: [hidden]"


def test_an_exception_in_the_place_of_a_message(handler: Recording) -> None:
    ours.error(ValueError(SECRET))
    assert handler.last["message"] == "ValueError: [hidden]"


async def test_of_a_task_that_failed_unnoticed_its_coroutine_is_named(handler: Recording) -> None:
    async def answer_nobody() -> None:
        raise ValueError(SECRET)

    task = asyncio.get_running_loop().create_task(answer_nobody(), name=SECRET)
    await asyncio.wait({task})
    asyncio.get_running_loop().default_exception_handler(
        {
            "message": "Task exception was never retrieved",
            "exception": task.exception(),
            "future": task,
        }
    )
    task.exception()
    assert "Task exception was never retrieved" in handler.last["message"]
    assert "answer_nobody" in handler.last["message"]


class Unspeakable:
    def __str__(self) -> str:
        raise ValueError(SECRET)


class UnspeakableError(Exception):
    @property
    def status(self) -> int:
        raise ValueError(SECRET)


@pytest.mark.parametrize("message", [Unspeakable(), UnspeakableError(SECRET), "job failed"])
def test_a_record_that_fails_to_show_itself_is_hidden_and_harms_nobody(
    message: object, handler: Recording
) -> None:
    ours.error(message, exc_info=UnspeakableError(SECRET), extra={"who": SECRET})
    shown = handler.last
    assert shown["message"] == HIDDEN
    assert not shown.keys() & {"who", "exc_info"}


def test_a_record_of_another_process_stays_as_it_was_made_there(
    handler: Recording, theirs: logging.Logger
) -> None:
    theirs.warning("job failed", extra={"who": SECRET})
    copy = pickle.loads(pickle.dumps(handler.records[-1]))
    logging.getLogger().handle(copy)
    assert handler.last["message"] == "job failed"
