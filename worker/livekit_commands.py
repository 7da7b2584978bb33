"""Corrections to LiveKit's own command line."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any

from .command import command_of, settings_for
from .devstack.checks import check_livekit
from .devstack.errors import StackError
from .hosting.features import CTRL_D
from .refusal import refuse

_LEAVING_KEYS = ("\x04", "")
"""Ctrl-D, and what a terminal gives that is no longer there."""


def prepare_livekit_commands(arguments: Sequence[str]) -> None:
    """Make ready for LiveKit's command line; call it before that runs.

    Args:
        arguments: The command line without the program's name.
    """
    # Typer, which LiveKit's command line uses, would print the variables around an error: settings too.
    os.environ.setdefault("TYPER_STANDARD_TRACEBACK", "1")
    command = command_of(arguments)
    if command == "dev":
        logging.getLogger("livekit.agents").addFilter(_is_no_advice_on_dev)
    if command == "connect":
        _check_server(arguments)
    if command == "console":
        _do_without_sound("--text" in arguments)
        _leave_with_ctrl_d()


def _check_server(arguments: Sequence[str]) -> None:
    # LiveKit's `connect` does not say why it cannot join, and waits for ever.
    try:
        check_livekit(settings_for(arguments))
    except StackError as error:
        refuse([str(error)])


def _is_no_advice_on_dev(record: logging.LogRecord) -> bool:
    # `python agent.py dev` is what this project documents, and what has to follow when LiveKit
    # takes it away. Whoever runs it can do nothing about it.
    return not str(record.msg).startswith("dev mode is deprecated")


def _do_without_sound(text_alone: bool) -> None:
    # LiveKit's console imports `sounddevice` in text mode, too, which fails where the PortAudio
    # library is not installed.
    try:
        import_module("sounddevice")
    except OSError:
        if not text_alone:
            refuse(["console needs the PortAudio library for sound; use console --text"])
        sys.modules["sounddevice"] = ModuleType("sounddevice")


def _leave_with_ctrl_d() -> None:
    # LiveKit's console ignores Ctrl-D, and at the end of its input it loops for ever.
    if not CTRL_D.misfits:
        commands: dict[str, Any] = vars(import_module("livekit.agents.cli._legacy"))
        commands["readkey"] = _interrupting(commands["readkey"])


def _interrupting(read_key: Callable[[], str]) -> Callable[[], str]:
    def read() -> str:
        pressed = read_key()
        if pressed in _LEAVING_KEYS:
            signal.raise_signal(signal.SIGINT)
        return pressed

    return read
