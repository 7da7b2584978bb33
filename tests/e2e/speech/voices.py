"""Two voices, made by a speech synthesis that runs here; what they say is understood word for word."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.e2e.speech.sound import Sound, from_floats

HIGH, LOW = "high", "low"
"""The two voices."""

_DEEPER = 1.12
"""How much slower the low voice is played than it was made."""


def say(text: str, voice: str = HIGH) -> Sound:
    """What somebody says, without silence before and after it."""
    return _say(text, voice)


def words_of(text: str) -> list[str]:
    """The words alone, which is all of a text that can be heard."""
    return re.findall(r"\w+", text.lower())


@cache
def _say(text: str, voice: str) -> Sound:
    # The seed makes it the same in each run.
    speed = 1.0 if voice == HIGH else _DEEPER
    made = from_floats(np.asarray(_synthesis()(text, seed=0, speed=speed)))
    spoken = made if voice == HIGH else made.slower(_DEEPER)
    return spoken.without_margins()


@cache
def _synthesis() -> Any:
    hibari = pytest.importorskip("hibari", reason="the group `speech` is not installed")
    return hibari.Hibari()
