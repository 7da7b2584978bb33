"""What can be sent back."""

from __future__ import annotations

import math
from typing import Any

import pytest

from assistant.language_model.answer.sendable import sendable


def nested(depth: int) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for _ in range(depth):
        fields = {"a": fields}
    return fields


@pytest.mark.parametrize("fields", [{}, {"google": {"thought_signature": "Grüße 👋"}}, nested(50)])
def test_an_object_is_sent_back_as_it_is(fields: dict[str, Any]) -> None:
    assert sendable(fields) is fields


@pytest.mark.parametrize(
    "fields", [None, "a", [], 5, {"a": "\ud83d"}, {"\ud83d": 1}, {"a": math.nan}, nested(200_000)]
)
def test_what_no_request_can_have_is_not(fields: object) -> None:
    assert sendable(fields) is None
