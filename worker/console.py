"""LiveKit's console on machines without sound."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType

from .settings import BAD_SETTINGS


def prepare_for_console(arguments: Sequence[str]) -> None:
    """Let ``console --text`` run where the PortAudio library is not installed.

    LiveKit's console imports ``sounddevice`` in text mode too, which fails without that library.

    Args:
        arguments: The command line without the program's name.
    """
    if "console" not in arguments:
        return
    try:
        import_module("sounddevice")
    except OSError:
        if "--text" not in arguments:
            sys.stderr.write("console needs the PortAudio library for sound; use console --text\n")
            raise SystemExit(BAD_SETTINGS) from None
        sys.modules["sounddevice"] = ModuleType("sounddevice")
