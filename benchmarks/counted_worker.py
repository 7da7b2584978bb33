"""This worker unchanged, except that it prints a `benchmarks.counting.Count` of itself on SIGUSR1.

On SIGUSR2 it collects garbage before: what is left is kept by somebody.

It is run as ``python -m benchmarks.counted_worker start``.
"""

import asyncio
import gc
import json
import signal
import sys
import time

from livekit.agents import cli

from worker.serving import create_server
from worker.settings import load_settings


def _say_on_signal() -> None:
    loop = asyncio.get_running_loop()

    def say() -> None:
        count = {
            "tasks": len(asyncio.all_tasks(loop)),
            "cpu_s": time.process_time(),
            # Called in the event loop's thread.
            "loop_s": time.thread_time(),
        }
        sys.stdout.write(json.dumps(count) + "\n")
        sys.stdout.flush()

    def collect_and_say() -> None:
        gc.collect()
        say()

    loop.add_signal_handler(signal.SIGUSR1, say)
    loop.add_signal_handler(signal.SIGUSR2, collect_and_say)


if __name__ == "__main__":
    server = create_server(load_settings())
    server.once("worker_started", _say_on_signal)
    cli.run_app(server)
