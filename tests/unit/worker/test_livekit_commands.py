"""What is mended about LiveKit's command line."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator
from types import FrameType

import pytest
from livekit.agents.cli import _legacy

from worker.livekit_commands import prepare_livekit_commands

logger = logging.getLogger("livekit.agents")

COMMANDS = vars(_legacy)
"""The names that LiveKit's command line looks things up by."""


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Puts back what is changed about the library."""
    monkeypatch.setitem(COMMANDS, "readkey", COMMANDS["readkey"])
    filters = list(logger.filters)
    yield
    logger.filters = filters


def test_dev_is_not_told_to_be_on_its_way_out(caplog: pytest.LogCaptureFixture) -> None:
    said = "dev mode is deprecated and will be removed in a future release"
    logger.warning(said)
    prepare_livekit_commands(["dev"])
    logger.warning(said)
    logger.warning("something else")
    assert [record.message for record in caplog.records] == [said, "something else"]


@pytest.mark.parametrize("pressed", ["\x04", ""], ids=["Ctrl-D", "end of the input"])
def test_the_console_is_left_with_ctrl_d(monkeypatch: pytest.MonkeyPatch, pressed: str) -> None:
    class LeftError(Exception):
        pass

    def leave(number: int, frame: FrameType | None) -> None:
        raise LeftError

    monkeypatch.setitem(COMMANDS, "readkey", lambda: pressed)
    prepare_livekit_commands(["console", "--text"])
    before = signal.signal(signal.SIGINT, leave)
    try:
        with pytest.raises(LeftError):
            COMMANDS["readkey"]()
    finally:
        signal.signal(signal.SIGINT, before)


def test_other_keys_of_the_console_are_what_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COMMANDS, "readkey", lambda: "x")
    prepare_livekit_commands(["console", "--text"])
    assert COMMANDS["readkey"]() == "x"
