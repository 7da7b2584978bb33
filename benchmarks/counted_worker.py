"""This worker unchanged, except that it prints the number of its tasks on SIGUSR1.

It is run as ``python -m benchmarks.counted_worker start``.
"""

import asyncio
import json
import signal
import sys

from livekit.agents import cli

from worker.serving import create_server
from worker.settings import load_settings


def _say_on_signal() -> None:
    loop = asyncio.get_running_loop()

    def say() -> None:
        sys.stdout.write(json.dumps({"tasks": len(asyncio.all_tasks(loop))}) + "\n")
        sys.stdout.flush()

    loop.add_signal_handler(signal.SIGUSR1, say)


if __name__ == "__main__":
    server = create_server(load_settings())
    server.once("worker_started", _say_on_signal)
    cli.run_app(server)
