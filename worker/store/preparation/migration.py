"""Has a child process bring the tables to the newest version: its libraries take 24 MB."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from worker.store.database.address import StoreAddress
from worker.store.database.failures import Failure

CHECKOUT = Path(__file__).resolve().parents[3]
"""Where Python finds this package."""

_COMMAND = (sys.executable, "-m", "worker.store.preparation.migrating")


async def migrate(address: StoreAddress) -> Failure | None:
    """Migrate a store. It takes as long as it takes; cancelled, it is undone.

    Returns:
        Why it could not be done; None if it was, by this worker or another.
    """
    with _start() as child:
        try:
            output, _ = await asyncio.to_thread(child.communicate, address.setting)
        finally:
            child.kill()
    if child.returncode != 0:
        return Failure("unreachable", cause="migration", code=str(child.returncode))
    return Failure(**json.loads(output)) if output else None


def _start() -> subprocess.Popen[str]:
    # Not asyncio's: in another thread than the main one it depends on the kind of loop.
    return subprocess.Popen(
        _COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # A traceback of the database quotes what it was told.
        stderr=subprocess.DEVNULL,
        cwd=CHECKOUT,
        text=True,
    )
