"""A LiveKit agent worker that chats in text: the entry point.

    python agent.py dev | start | console --text | connect --room NAME
    lk agent dev | start | console --text

The first is LiveKit's command line in Python; ``lk``, LiveKit's own, imports this module and asks it
for ``server``. Nothing that takes long to import is imported before the settings were checked.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import TYPE_CHECKING

from worker.installation import explained_imports

if TYPE_CHECKING:
    from livekit.agents import AgentServer


def main() -> None:
    """Run LiveKit's command line in Python."""
    built = _server()
    with explained_imports():
        from livekit.agents import cli

        from worker.livekit_commands import prepare_livekit_commands

        prepare_livekit_commands(sys.argv[1:])
    cli.run_app(built)


@lru_cache(maxsize=None)  # noqa: UP033 - `cache` came with Python 3.9
def _server() -> AgentServer:
    """Check the settings for the command that this process was started with, and build the worker."""
    with explained_imports():
        from worker.command import check_command, joins_rooms

        check_command(sys.argv[1:])
        from worker.serving import create_server
        from worker.settings import load_settings
    return create_server(load_settings(), remembers=joins_rooms(sys.argv[1:]))


def __getattr__(name: str) -> AgentServer:
    """``server`` is built when somebody asks for it, not by every process that imports this module."""
    if name == "server":
        return _server()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """What ``lk`` looks through for the worker."""
    return [*globals(), "server"]


if __name__ == "__main__":
    main()
