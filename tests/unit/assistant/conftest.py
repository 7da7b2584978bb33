"""What tests of conversations share."""

from __future__ import annotations

import pytest


@pytest.fixture
def every_word_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupted reply is kept, however little there is of it."""
    monkeypatch.setattr("assistant.answering.reply.has_hardly_begun", lambda *_: False)
