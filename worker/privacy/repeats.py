"""Prints a line that comes again and again once, and then how often. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterator

QUIET = 10.0
"""Seconds in which a line is printed once."""

MOST = 1000
"""Lines that are remembered at a time; others are printed each time."""


class Repeats:
    """Counts lines that are the same but for their time."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Nothing was printed yet.

        Args:
            clock: The time in seconds.
        """
        self._clock = clock
        self._seen: dict[str, tuple[float, int]] = {}
        """When a line was printed, and how often it came since."""

    def __bool__(self) -> bool:
        """Whether there are lines whose repetitions may have to be told."""
        return bool(self._seen)

    def is_first(self, line: str) -> bool:
        """Whether a line is to be printed now; else it is counted."""
        printed, count = self._seen.get(line, (None, 0))
        if printed is None:
            if len(self._seen) < MOST:
                self._seen[line] = (self._clock(), 0)
            return True
        self._seen[line] = (printed, count + 1)
        return False

    def told(self, *, all_now: bool = False) -> Iterator[str]:
        """Say of lines how often they came again, once each, and forget them.

        Args:
            all_now: Whether also those are told of that might come again within `QUIET`.
        """
        for line, (printed, count) in list(self._seen.items()):
            if all_now or self._clock() - printed >= QUIET:
                del self._seen[line]
                if count:
                    yield f"{line} ({count} more)"
