"""Tool calls with their results."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.language_model.request.tool_results import paired
from tests.unit.assistant.language_model.request.strict import called, message

A, B = called("a"), called("b")


def result(call_id: object, content: str = "a cat") -> dict[str, Any]:
    return message("tool", content, tool_call_id=call_id)


def calls(*made: dict[str, Any], content: str = "") -> dict[str, Any]:
    return message("assistant", content, tool_calls=list(made))


HI = message("user", "Hi")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ([HI, calls(A), result("a")], [HI, calls(A), result("a")]),
        ([calls(A, B), result("b"), result("a")], [calls(A, B), result("a"), result("b")]),
        ([calls(A), HI, result("a")], [calls(A), result("a"), HI]),
        ([calls(A, B), result("b")], [calls(B), result("b")]),
        ([calls(A), HI], [HI]),
        ([calls(A, content="Let me see."), HI], [message("assistant", "Let me see."), HI]),
        ([result("a"), HI], [HI]),
        ([calls(A), result("a"), result("a"), HI], [calls(A), result("a"), HI]),
        (
            [calls(A), result("a", "1"), HI, calls(A), result("a", "2")],
            [calls(A), result("a", "1"), HI, calls(A), result("a", "2")],
        ),
        ([calls(called(None)), result(None), HI], [HI]),
        ([message("user", "Hi", tool_calls=[A])], [HI]),
        ([message("assistant", "", tool_calls=5)], []),
    ],
)
def test_each_result_stands_behind_its_call(
    given: list[dict[str, Any]], kept: list[dict[str, Any]]
) -> None:
    assert list(paired(given)) == kept


@pytest.mark.parametrize("arguments", ["", "x", "[]", "5", None, {}, '{"x": '])
def test_arguments_that_are_no_object_are_left_out(arguments: object) -> None:
    first, _ = paired([calls(called("a", arguments=arguments)), result("a")])
    assert first["tool_calls"] == [A]
