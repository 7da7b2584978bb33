"""Text out of content of any type."""

from __future__ import annotations

import pytest
from hypothesis import given

from assistant.language_model.content import text_of
from tests.unit.assistant.language_model.answer.test_json_objects import JSON


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Hi", "Hi"),
        (["H", "i"], "Hi"),
        ([{"type": "text", "text": "H"}, {"type": "text", "text": "i"}], "Hi"),
        ([{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Hi"}], "Hi"),
        ([{"type": "reasoning", "text": "hm"}, "Hi"], "Hi"),
        ([{"type": "image_url", "image_url": {"url": "data:"}}], ""),
        ({"type": "text", "text": {"value": "Hi"}}, "Hi"),
        ({"type": "refusal", "refusal": "No."}, "No."),
        ({"text": None, "refusal": "No."}, "No."),
        ({"parts": [{"text": "Hi"}]}, "Hi"),
        (42, "42"),
        (0.5, "0.5"),
        (True, ""),
        (None, ""),
        ({}, ""),
        ([], ""),
        ([[["Hi"]]], "Hi"),
    ],
)
def test_the_text_that_people_see(content: object, text: str) -> None:
    assert text_of(content) == text


@given(JSON)
def test_content_of_any_type_has_a_text(content: object) -> None:
    assert isinstance(text_of(content), str)
