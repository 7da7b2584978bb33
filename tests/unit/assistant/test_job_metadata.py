"""What a dispatch tells the agent."""

from __future__ import annotations

import pytest

from assistant.job_metadata import dialect_for_room
from chat import Dialect


@pytest.mark.parametrize("dialect", Dialect)
def test_it_names_a_dialect(dialect: Dialect) -> None:
    assert dialect_for_room(f'{{"chat.dialect": "{dialect.value}", "other": 1}}') is dialect


@pytest.mark.parametrize(
    "metadata", ["", "text", "[]", "null", "3", "{}", '{"chat.dialect": "klingon"}', "[" * 10_000]
)
def test_anything_else_leaves_dialects_to_be_learned(metadata: str) -> None:
    assert dialect_for_room(metadata) is None
