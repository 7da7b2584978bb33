"""What a line that begins with a slash means at the prompt. No I/O.

Input from a pipe is data, and no line of it is a command: it is sent as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_COMMAND = re.compile(r"\s*(?P<slashes>/+)(?P<word>\w[\w-]*)(?:\s|$)")
"""A word behind slashes and nothing else joined to it: a path such as ``/etc/hosts`` is none."""

_STOP = "/stop"
"""What the agent takes for the command. With more behind it, it would be a question."""

HELP = (
    "/stop: stop the answer that is being written",
    "/quit: leave (or press Ctrl-C or Ctrl-D)",
    "/help: show this list",
    "//word: send /word as a message",
    "Up, Down: earlier messages. Ctrl-R: search them. Ctrl-W: delete a word. Ctrl-U: delete the line.",
)


@dataclass(frozen=True, slots=True)
class Say:
    """Send a text to the room."""

    text: str


@dataclass(frozen=True, slots=True)
class Tell:
    """Show lines to the user alone."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave the room."""


def interpret(line: str) -> Say | Tell | Leave:
    """Tell a command from a text."""
    command = _COMMAND.match(line)
    if command is None:
        return Say(line)
    if len(command["slashes"]) > 1:
        return Say(line.replace("/", "", 1))
    match command["word"].lower():
        case "help":
            return Tell(HELP)
        case "quit" | "exit":
            return Leave()
        case "stop":
            return Say(_STOP)
    word = command["word"]
    return Tell(
        (
            f'Unknown command /{word} (not sent). /help lists the commands; //{word} sends "/{word}".',
        )
    )
