"""What a log may say of an exception."""

from __future__ import annotations

import pytest

from chat import failure_fields


def test_the_words_of_an_exception_are_left_out_and_its_place_is_told() -> None:
    with pytest.raises(ValueError, match="canary") as raised:
        int("canary")
    fields = failure_fields(raised.value)
    assert fields["cause"] == "ValueError"
    assert "test_failures.py" in fields["where"]
    assert "canary" not in str(fields)


def test_an_exception_that_was_never_raised_has_no_place() -> None:
    assert failure_fields(KeyError("canary")) == {"cause": "KeyError", "where": ""}
