"""Waits until a server that was just started responds."""

import contextlib
import time
import urllib.error
import urllib.request
from pathlib import Path

from worker.devstack.errors import StackError
from worker.devstack.process import Child, died

READY_TIMEOUT = 30.0
"""Seconds that a server may take until it answers."""

_PAUSE = 0.05

# Our own servers are never reached through a proxy from the environment.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def wait_until_answers(url: str, child: Child, log: Path, timeout: float = READY_TIMEOUT) -> None:
    """Return once a GET of the URL succeeds.

    Args:
        url: An address on this machine.
        child: The process that is to answer.
        log: Where its output goes.
        timeout: Seconds to wait for it.

    Raises:
        StackError: The process ended, or the time is over.
    """
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if child.wait(_PAUSE) is not None:
            raise died(child, log)
        with contextlib.suppress(OSError, urllib.error.HTTPError):
            _direct.open(url, timeout=1.0).close()
            return
    raise StackError(f"{child.name} did not answer within {timeout:.0f} s; see {log}")
