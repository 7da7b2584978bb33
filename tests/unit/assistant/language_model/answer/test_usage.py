"""Counts of tokens."""

from __future__ import annotations

import math
from typing import Any

import pytest

from assistant.language_model.answer.usage import usage_of

NONE = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        ({"prompt_tokens": 7, "x": 1}, {**NONE, "prompt_tokens": 7}),
        ({"prompt_tokens": 7.0}, {**NONE, "prompt_tokens": 7}),
        ({"prompt_tokens": None}, NONE),
        ({"prompt_tokens": "7"}, NONE),
        ({"prompt_tokens": True}, NONE),
        ({"prompt_tokens": -1}, NONE),
        ({"prompt_tokens": math.nan}, NONE),
        ({"prompt_tokens": math.inf}, NONE),
        ({"prompt_tokens": 10**30}, NONE),
        (
            {"prompt_tokens_details": {"cached_tokens": 3}, "completion_tokens_details": []},
            {**NONE, "prompt_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 0}},
        ),
        (
            {"completion_tokens_details": {"reasoning_tokens": None}},
            {**NONE, "completion_tokens_details": {"reasoning_tokens": 0}},
        ),
    ],
)
def test_counts_are_numbers_whatever_a_service_sends(
    usage: dict[str, Any], counts: dict[str, Any]
) -> None:
    assert usage_of({"usage": usage}) == counts


@pytest.mark.parametrize(
    "fields", [{}, {"usage": None}, {"usage": {}}, {"usage": 5}, {"usage": []}]
)
def test_without_counts_there_is_no_usage(fields: dict[str, Any]) -> None:
    assert usage_of(fields) is None
