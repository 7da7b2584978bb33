"""What a program that tests start is told: these settings, and no other."""

from __future__ import annotations

import pytest

from tests.environment import environment_with


def test_settings_are_not_inherited_and_all_else_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LIVEKIT_URL", "OPENAI_API_KEY", "CHAT_GREETING", "HOMEPAGE"):
        monkeypatch.setenv(name, "inherited")
    found = environment_with(CHAT_GREETING="Hello", TERM="dumb")
    assert not {"LIVEKIT_URL", "OPENAI_API_KEY"} & found.keys()
    assert (found["CHAT_GREETING"], found["TERM"], found["HOMEPAGE"]) == (
        "Hello",
        "dumb",
        "inherited",
    )
