"""The command line of the terminal client. No I/O but argparse's own help and errors."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, fields

from chat.dialect import Dialect

from .played.clients import CLIENTS, listing

_EPILOG = f"""\
Connection settings, in order of precedence:
  1. --url and --token
  2. LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET, from the environment or .env
  3. the server of a running `make dev`

At the prompt, /help lists the commands. Piped input is sent line by line, and the replies are printed:
  echo 'What is LiveKit?' | python -m chat

With --dialect it behaves like the given client:
{listing()}
"""


@dataclass(frozen=True, slots=True)
class Options:
    """The options; None for those that were not given."""

    room: str | None = None
    name: str | None = None
    identity: str | None = None
    url: str | None = None
    token: str | None = None
    dialect: Dialect | None = None
    """The dialect of the client to behave like; None for this terminal's own."""


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
    parser.add_argument("--token", help="an access token, which includes room and identity")
    parser.add_argument(
        "--dialect",
        type=_dialect,
        metavar="NAME",
        help="behave like another client: " + ", ".join(dialect.value for dialect in CLIENTS),
    )
    parsed = parser.parse_args(arguments)
    return Options(**{field.name: getattr(parsed, field.name) for field in fields(Options)})


def _dialect(name: str) -> Dialect:
    for dialect in CLIENTS:
        if dialect.value == name:
            return dialect
    raise argparse.ArgumentTypeError(f"unknown dialect {name!r}; see --help")
