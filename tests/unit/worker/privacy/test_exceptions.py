"""Exceptions show their kind and their place, not what they quote."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import BaseModel, ValidationError

from worker.privacy.exceptions import describe_exception, format_exception

SECRET = "Ada said hello"


class RefusedError(Exception):
    """As clients of services raise it."""

    status_code = 400


def invalid() -> Exception:
    class Number(BaseModel):
        n: int

    try:
        Number.model_validate({"n": SECRET})
    except ValidationError as error:
        return error
    raise AssertionError


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (ValueError(SECRET), "ValueError: [hidden]"),
        (ValueError(), "ValueError"),
        (KeyError(SECRET), "KeyError: [hidden]"),
        (RefusedError(SECRET), f"{__name__}.RefusedError: [hidden] (status_code 400)"),
        (invalid(), "pydantic_core._pydantic_core.ValidationError"),
        (FileNotFoundError(2, "No such file", SECRET), "FileNotFoundError: [hidden] (errno 2)"),
        (ModuleNotFoundError("No module named 'x'"), "ModuleNotFoundError: No module named 'x'"),
        (asyncio.CancelledError(), "asyncio.exceptions.CancelledError"),
    ],
)
def test_one_line_says_what_is_neutral(error: BaseException, shown: str) -> None:
    assert describe_exception(error).startswith(shown)
    assert SECRET not in describe_exception(error)


def test_a_missing_attribute_is_named() -> None:
    with pytest.raises(AttributeError) as raised:
        _ = SECRET.shout  # type: ignore[attr-defined] # On purpose.
    assert describe_exception(raised.value) == "AttributeError: no attribute shout"


def test_all_exceptions_of_a_chain_and_a_group_are_shown() -> None:
    try:
        try:
            raise KeyError(SECRET)
        except KeyError as cause:
            raise ExceptionGroup(SECRET, [ValueError(SECRET), OSError(5, SECRET)]) from cause
    except ExceptionGroup as group:
        group.add_note(SECRET)
        shown = format_exception(group)
    for part in ("KeyError: [hidden]", "direct cause", "ExceptionGroup", "ValueError", "errno 5"):
        assert part in shown
    assert SECRET not in shown
    assert "test_exceptions.py" in shown


def test_a_chain_that_leads_back_to_itself_ends() -> None:
    first, second = ValueError(SECRET), ValueError(SECRET)
    first.__context__, second.__context__ = second, first
    assert format_exception(first).count("ValueError") == 2
