"""The command ``python -m chat``: from the command line to an exit status."""

from __future__ import annotations

import asyncio
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from livekit import rtc
from rich.console import Console

from chat import ChatManager
from chat.dialect import Dialect

from .arguments import parse
from .credentials import Credentials, CredentialsError, resolve
from .manager import Manager
from .piped import PipedFace
from .played.player import Player
from .prompt import PromptFace
from .session import ConnectionFailedError, Session
from .transcript import Transcript

SUCCESS, FAILURE, USAGE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Chat until the user leaves.

    Returns:
        0 if the user left; 1 if the room could not be joined, was lost, or, with piped input, did
        not answer; 2 if options and settings do not say where to connect.
    """
    options = parse(arguments)
    try:
        credentials = resolve(options, os.environ, Path.cwd())
    except CredentialsError as error:
        return _fail(error, USAGE)
    try:
        return asyncio.run(_chat(credentials, options.dialect))
    except ConnectionFailedError as error:
        return _fail(error, FAILURE)
    except BrokenPipeError:
        # Whoever read the output is gone; nothing is to be flushed into it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILURE


async def _chat(credentials: Credentials, dialect: Dialect | None) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    transcript = Transcript()

    def manager(room: rtc.Room) -> Manager:
        return ChatManager(room) if dialect is None else Player(room, dialect)

    if _on_terminal():
        prompt = PromptFace(transcript, Console(highlight=False))
        session = Session(credentials, transcript, prompt, manager)
        await session.run()
        return FAILURE if session.lost else SUCCESS
    face = PipedFace(transcript, sys.stdin, sys.stdout, sys.stderr)
    session = Session(credentials, transcript, face, manager)
    await session.run()
    return FAILURE if session.lost or face.unanswered else SUCCESS


def _on_terminal() -> bool:
    dumb = os.environ.get("TERM", "dumb") == "dumb"
    return sys.stdin.isatty() and sys.stdout.isatty() and not dumb


def _fail(error: Exception, status: int) -> int:
    print(error, file=sys.stderr)
    return status
