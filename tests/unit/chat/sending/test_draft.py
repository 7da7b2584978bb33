"""What must be appended to get from one text to another."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.sending.draft import tail_after


@pytest.mark.parametrize(
    ("delivered", "text", "tail"),
    [
        ("", "", ""),
        ("", "hi", "hi"),
        ("hi", "hi", ""),
        ("hi", "hi there", " there"),
        ("hi", "ho", None),
        ("hi", "h", None),
        ("hi", "", None),
    ],
)
def test_finds_the_tail(delivered: str, text: str, tail: str | None) -> None:
    assert tail_after(delivered, text) == tail


@settings(deadline=None)
@given(st.text(), st.text())
def test_a_tail_completes_the_text(delivered: str, more: str) -> None:
    assert tail_after(delivered, delivered + more) == more
