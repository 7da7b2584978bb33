"""The environment of the programs that tests and benchmarks start: none of our own settings."""

from __future__ import annotations

import os

SETTINGS = ("LIVEKIT_", "OPENAI_", "CHAT_")
"""How the names of the variables begin that the project or a library of it reads as settings."""


def environment_with(**variables: str) -> dict[str, str]:
    """Return our environment with these variables and without any other setting of the project.

    Output is not buffered, so that who reads it has it in time.
    """
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(SETTINGS)}
    return inherited | {"PYTHONUNBUFFERED": "1"} | variables
