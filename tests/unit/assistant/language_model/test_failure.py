"""What errors of the LLM stand for."""

from __future__ import annotations

import pytest
from livekit.agents import APIConnectionError, APIError, APIStatusError, APITimeoutError

from assistant.language_model.failure import (
    TIMEOUT,
    AnswerFailedError,
    Failure,
    Remedy,
    describe_failure,
)

SECRET = "my secret"


def caused(error: APIError, *origins: BaseException) -> APIError:
    """The error, with the origins of which each raised the one before."""
    last: BaseException = error
    for origin in origins:
        last.__cause__ = origin
        last = origin
    return error


@pytest.mark.parametrize(
    ("error", "cause", "passing"),
    [
        (APIStatusError(SECRET, status_code=500), "status 500", True),
        (APIStatusError(SECRET, status_code=401), "status 401", False),
        (APITimeoutError(SECRET), "timeout", True),
        (APIConnectionError(SECRET), "connection", True),
        (caused(APIConnectionError(SECRET), OSError(SECRET)), "connection", True),
        (caused(APIConnectionError(SECRET), ValueError(SECRET)), "ValueError", False),
        (caused(APIConnectionError(SECRET), ValueError(SECRET), OSError()), "connection", True),
        (APIError(SECRET), "APIError", False),
    ],
)
def test_an_error_has_a_neutral_word(error: APIError, cause: str, passing: bool) -> None:
    failure = describe_failure(error)
    assert (failure.cause, failure.passing) == (cause, passing)
    assert SECRET not in f"{failure.cause} {failure.advice}"


@pytest.mark.parametrize("depth", [0, 1, 5])
def test_what_is_known_of_a_failure_reaches_through_other_errors(depth: int) -> None:
    known = Failure("too long", remedy=Remedy.SHORTEN, learned=True)
    between = [ValueError() for _ in range(depth)]
    error = caused(APIConnectionError(SECRET), *between, AnswerFailedError(known))
    assert describe_failure(error) is known


def test_a_chain_of_errors_may_bite_its_own_tail() -> None:
    error, origin = APIConnectionError(SECRET), OSError()
    caused(error, origin)
    origin.__cause__ = error
    assert describe_failure(error).cause == "connection"


def test_the_text_of_an_error_is_the_neutral_word() -> None:
    assert str(AnswerFailedError(TIMEOUT)) == "timeout"
