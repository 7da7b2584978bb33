"""The command line of the terminal client. No I/O but argparse's own help and errors."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, fields

from chat.dialect import Dialect

from .played.clients import CLIENTS, listing

_EPILOG = f"""\
Where it connects: --url and --token, else LIVEKIT_URL with LIVEKIT_API_KEY and LIVEKIT_API_SECRET
(from the environment or .env), else the server of a running `make dev`.

At the prompt /help lists the commands. Piped, it sends each line as it is, waits for the reply, and
prints that:
  echo 'What is LiveKit?' | python -m chat

With --dialect it sends and shows only what older or other clients do, by their rules:
{listing()}
"""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for; None where it leaves the choice."""

    room: str | None = None
    name: str | None = None
    identity: str | None = None
    url: str | None = None
    token: str | None = None
    dialect: Dialect | None = None
    """The one to play; None is a terminal that is nothing but itself."""


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Parse `arguments`, or the process's own; exits with status 2 on bad ones."""
    parser = argparse.ArgumentParser(
        prog="python -m chat",
        description="Chat in a LiveKit room from the terminal.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--room", help="the room to join (default: the one of `make dev`)")
    parser.add_argument("--name", help="what others see as your name (default: your login)")
    parser.add_argument("--identity", help="your identity in the room (default: a new one)")
    parser.add_argument("--url", help="the LiveKit server (default: LIVEKIT_URL)")
    parser.add_argument("--token", help="an access token, which also says room and identity")
    parser.add_argument(
        "--dialect",
        type=_dialect,
        metavar="NAME",
        help="play a client of another kind: " + ", ".join(dialect.value for dialect in CLIENTS),
    )
    parsed = parser.parse_args(arguments)
    return Options(**{field.name: getattr(parsed, field.name) for field in fields(Options)})


def _dialect(name: str) -> Dialect:
    for dialect in CLIENTS:
        if dialect.value == name:
            return dialect
    raise argparse.ArgumentTypeError(f"{name!r} is none of those listed by --help")
