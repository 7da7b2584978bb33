"""The one clock that every process of a benchmark shares."""

import time


def now_us() -> int:
    """Read the monotonic clock of the machine, in microseconds.

    All processes of one machine see the same count, and no correction of the wall clock moves it.
    """
    return time.monotonic_ns() // 1000
