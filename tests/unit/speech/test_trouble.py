"""Each failure of a speech service stands for one thing that people are told."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import Any

import httpx2
import openai
import pytest
from livekit.agents import APIConnectionError, APIError, APIStatusError, APITimeoutError

from speech.trouble import failure_of, read_retry_after
from speech.utterance import Trouble


def status(code: int, body: Any = None, message: str = "") -> APIStatusError:
    return APIStatusError(message, status_code=code, body=body)


@pytest.mark.parametrize(
    ("code", "trouble"),
    [
        *[(code, Trouble.REFUSED) for code in (301, 307, 401, 402, 403, 404, 405, 410, 501)],
        *[(code, Trouble.SLOW) for code in (408, 504)],
        *[(code, Trouble.BUSY) for code in (425, 429)],
        *[(code, Trouble.FAILED) for code in (400, 409, 413, 415, 422, 500, 502, 503, 529)],
    ],
)
def test_tells_what_a_status_stands_for(code: int, trouble: Trouble) -> None:
    failure = failure_of(status(code))

    assert failure.trouble is trouble
    assert failure.cause == f"status {code}"


@pytest.mark.parametrize(
    "body",
    [
        {"message": "The model `ears-9` does not exist.", "code": "model_not_found"},
        {"error": {"message": "invalid model ID"}},
        {"message": "Incorrect API key provided: sk-1"},
        {"message": "bad", "param": "language"},
        {"detail": [{"loc": ["body", "model"], "msg": "Input should be 'whisper-1'"}]},
    ],
)
@pytest.mark.parametrize("code", [400, 422])
def test_blames_the_settings_for_what_stands_there(code: int, body: Any) -> None:
    failure = failure_of(status(code, body))

    assert (failure.trouble, failure.is_about_service) == (Trouble.REFUSED, True)


def test_does_not_blame_the_service_for_a_bad_sound() -> None:
    body = {"message": "Audio file is too short. Minimum audio length is 0.1 seconds."}

    assert not failure_of(status(400, body)).is_about_service
    assert not failure_of(status(413)).is_about_service
    assert failure_of(status(500)).is_about_service


def test_sends_the_operator_to_the_account_that_is_empty() -> None:
    assert failure_of(status(429, {"code": "insufficient_quota"})).trouble is Trouble.REFUSED


@pytest.mark.parametrize(
    ("origin", "trouble"),
    [
        (None, Trouble.UNREACHABLE),
        (ConnectionRefusedError(), Trouble.UNREACHABLE),
        (
            openai.APIConnectionError(request=httpx2.Request("POST", "http://a")),
            Trouble.UNREACHABLE,
        ),
        (TimeoutError(), Trouble.SLOW),
        (AttributeError("'str' object has no attribute 'text'"), Trouble.FAILED),
    ],
)
def test_looks_for_what_broke_a_connection(origin: Exception | None, trouble: Trouble) -> None:
    error = APIConnectionError()
    error.__cause__ = origin

    assert failure_of(error).trouble is trouble


def test_takes_a_hidden_origin_for_the_cause() -> None:
    error = APITimeoutError()
    error.__context__ = ConnectionRefusedError()

    assert failure_of(error).trouble is Trouble.UNREACHABLE


@pytest.mark.parametrize("error", [TimeoutError(), APITimeoutError()])
def test_takes_a_timeout_for_slow(error: APIError | TimeoutError) -> None:
    assert failure_of(error).trouble is Trouble.SLOW


def test_takes_an_answer_without_content_for_a_failure() -> None:
    failure = failure_of(APIError("no audio frames were pushed for text: a secret"))

    assert (failure.trouble, failure.cause) == (Trouble.FAILED, "APIError")


def test_follows_no_chain_for_ever() -> None:
    error = APIConnectionError()
    error.__cause__ = origin = ValueError()
    origin.__cause__ = error

    assert failure_of(error).trouble is Trouble.FAILED


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), ("0.5", 0.5), ("-1", None), ("soon", None), ("", None), ("nan", None)],
)
def test_reads_how_long_it_wants_to_be_left_alone(value: str, seconds: float | None) -> None:
    assert read_retry_after({"retry-after": value}) == seconds


def test_reads_until_when_it_wants_to_be_left_alone() -> None:
    value = formatdate(time.time() + 30, usegmt=True)

    assert read_retry_after({"retry-after": value}) == pytest.approx(30, abs=2)
    assert read_retry_after({}) is None
