"""The settings become what the assistant takes."""

from __future__ import annotations

from typing import Literal

import pytest

from assistant import VoiceMode
from worker.serving.choices import room_options
from worker.settings import Settings


@pytest.mark.parametrize(
    ("setting", "mode", "listens", "speaks"),
    [
        ("off", VoiceMode.OFF, False, False),
        ("listen", VoiceMode.LISTEN, True, False),
        ("speak", VoiceMode.SPEAK, True, True),
    ],
)
def test_rooms_are_spoken_in_as_the_settings_say(
    setting: Literal["off", "listen", "speak"], mode: VoiceMode, *, listens: bool, speaks: bool
) -> None:
    options = room_options(Settings(chat_voice=setting, chat_voice_pause=2.0))
    assert (options.voice, options.voice_pause) == (mode, 2.0)
    assert (options.voice.listens, options.voice.speaks) == (listens, speaks)
