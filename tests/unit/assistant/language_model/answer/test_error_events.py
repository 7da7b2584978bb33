"""Errors among the objects of a stream."""

from __future__ import annotations

import pytest
from hypothesis import given

from assistant.language_model.answer.error_events import is_error
from tests.unit.assistant.language_model.answer.test_json_objects import JSON


@pytest.mark.parametrize(
    "one",
    [
        {"error": {"message": "no"}},
        {"error": "no"},
        {"errors": ["no"]},
        {"object": "error", "message": "no"},
        {"type": "error", "error": {}},
        {"status": "error"},
        {"message": "no", "code": 529},
        {"message": "no"},
        {"detail": "Not Found"},
        {"detail": [{"loc": ["body"], "msg": "no"}]},
        {"code": "1261", "msg": "Prompt exceeds max length", "success": False},
        {"msg": "no", "success": False},
        {"error_code": 336003, "error_msg": "no"},
        {"choices": None, "base_resp": {"status_code": 1008, "status_msg": "no balance"}},
        {"status": 500, "message": "no"},
        {"choices": [{"delta": {"content": "Hi"}, "error": {"code": 502}}]},
        {"choices": [{"delta": {}}], "error": {"code": 502}},
    ],
)
def test_errors_of_all_shapes_are_seen(one: dict[str, object]) -> None:
    assert is_error(one)


@pytest.mark.parametrize(
    "one",
    [
        {},
        {"choices": []},
        {"choices": [], "error": None, "usage": {}},
        {"choices": [{"delta": {"content": "error"}}], "error": {}, "code": 0, "message": "ok"},
        {"choices": [{"delta": {}, "error": None}]},
        {"choices": [], "base_resp": {"status_code": 0, "status_msg": ""}},
        {"status": "processing", "message": "one moment"},
        {"message": {"role": "assistant", "content": "Hi"}, "done": False},
        {"response": "Hi", "done": True},
        {"code": 200, "msg": "success"},
        {"usage": {"prompt_tokens": 1}},
        {"type": "ping"},
    ],
)
def test_what_reports_none_is_not_taken_for_one(one: dict[str, object]) -> None:
    assert not is_error(one)


@given(JSON)
def test_no_value_of_a_field_raises_anything(value: object) -> None:
    for name in ("error", "errors", "choices", "object", "type", "status", "message", "code", "x"):
        assert is_error({name: value, "message": value, "code": value}) in (True, False)
