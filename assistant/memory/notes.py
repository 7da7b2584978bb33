"""What is to be kept, on its way to whoever keeps it."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from typing import ParamSpec

from chat import failure_fields

logger = logging.getLogger(__name__)

MOST_HELD = 1_000
"""Notes that are held back at most, oldest forgotten first."""

P = ParamSpec("P")


class Notes:
    """Passes notes on in order, or holds them back while it is not known in which conversation they are."""

    def __init__(self) -> None:
        """Hold back what comes."""
        self.is_open = False
        """Whether notes are passed on."""
        self.is_closed = False
        """Whether nothing is kept any more."""
        self._held: deque[Callable[[], None]] = deque(maxlen=MOST_HELD)

    def put(self, keep: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Pass something on to the method that keeps it, now or later."""
        if not self.is_closed:
            self._held.append(lambda: keep(*args, **kwargs))
        if self.is_open:
            self.release()

    def hold(self) -> None:
        """Hold back what comes from now on."""
        self.is_open = False

    def release(self) -> None:
        """Pass on what was held back, and all that comes."""
        self.is_open = not self.is_closed
        while self._held:
            _keep(self._held.popleft())

    def close(self) -> None:
        """Keep nothing any more, not even what was held back."""
        self.is_open, self.is_closed = False, True
        self._held.clear()


def _keep(note: Callable[[], None]) -> None:
    try:
        note()
    except Exception as error:  # noqa: BLE001  # It is logged, without its words.
        # It costs memory, not the answer.
        logger.error("nothing kept of what happened", extra=failure_fields(error))
