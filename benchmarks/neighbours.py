"""Other load on the same machine, as much as is asked for.

On an idle machine even a way that costs nearly all of a core keeps up; on a shared one it does
not. A fixed number of processes that do nothing but use a core makes that repeatable.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from worker.devstack.process import Child

_SPIN = "while True: pass"


@contextmanager
def busy_neighbours(count: int) -> Iterator[None]:
    """Keep ``count`` processes busy for as long as the context lasts."""
    with ExitStack() as stack:
        for _ in range(count):
            command = [sys.executable, "-c", _SPIN]
            stack.enter_context(Child("a busy neighbour", command, output=subprocess.DEVNULL))
        yield
