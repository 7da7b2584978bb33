"""What a dispatch tells the agent."""

from __future__ import annotations

import pytest

from assistant.job_metadata import dialect_for_room, overlap_for_room
from assistant.turns.overlap import Overlap
from chat import Dialect

NO_CHOICE = ["", "text", "[]", "null", "3", "{}", '"chat.overlap"', "[" * 10_000]


@pytest.mark.parametrize("dialect", Dialect)
def test_it_names_a_dialect(dialect: Dialect) -> None:
    assert dialect_for_room(f'{{"chat.dialect": "{dialect.value}", "other": 1}}') is dialect


@pytest.mark.parametrize("metadata", [*NO_CHOICE, '{"chat.dialect": "klingon"}'])
def test_anything_else_leaves_dialects_to_be_learned(metadata: str) -> None:
    assert dialect_for_room(metadata) is None


@pytest.mark.parametrize("overlap", Overlap)
def test_it_names_a_policy(overlap: Overlap) -> None:
    assert overlap_for_room(f'{{"chat.overlap": "{overlap.value}", "other": 1}}') is overlap


@pytest.mark.parametrize(
    "metadata",
    [
        *NO_CHOICE,
        '{"chat.overlap": "INTERRUPT"}',
        '{"chat.overlap": "auto"}',
        '{"chat.overlap": null}',
        '{"chat.overlap": ["queue"]}',
        '{"chat.dialect": "queue"}',
    ],
)
def test_anything_else_leaves_the_policy_to_the_settings(metadata: str) -> None:
    assert overlap_for_room(metadata) is None


def test_a_wrong_word_for_one_does_not_cost_the_other() -> None:
    metadata = '{"chat.dialect": "klingon", "chat.overlap": "queue"}'
    assert dialect_for_room(metadata) is None
    assert overlap_for_room(metadata) is Overlap.QUEUE
