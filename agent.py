"""A LiveKit agent worker that chats in text: ``python agent.py dev | start | console | connect``."""

import sys

from livekit.agents import cli

from wiring import create_server
from worker.console import prepare_for_console
from worker.settings import check_for_command, load_settings

if __name__ == "__main__":
    settings = load_settings()
    check_for_command(settings, sys.argv[1:])
    prepare_for_console(sys.argv[1:])
    cli.run_app(create_server(settings))
