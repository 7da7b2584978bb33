"""How many microphones a process listens to."""

from __future__ import annotations

from collections.abc import Callable


class MicrophoneSlots:
    """Places for open microphones; all rooms of a process share them. Used in one thread."""

    def __init__(self, most: int) -> None:
        """Have free places.

        Args:
            most: How many microphones may be open at once.
        """
        self.open = 0
        """How many are taken."""
        self._most = most
        self._waiting: dict[Callable[[], None], None] = {}

    @property
    def share(self) -> float:
        """How much is taken, from 0 to 1."""
        return self.open / self._most if self._most else 1.0

    def try_take(self) -> bool:
        """Take one, and say whether there was one."""
        if self.open >= self._most:
            return False
        self.open += 1
        return True

    def give_back(self) -> None:
        """Give back one that was taken. Those who wait look in turn, as long as any is free."""
        self.open -= 1
        for look in list(self._waiting):
            if self.open >= self._most:
                break
            if look in self._waiting:
                del self._waiting[look]
                look()

    def wait(self, look: Callable[[], None]) -> None:
        """Have `look` called once when one is free, after those who wait already."""
        self._waiting.setdefault(look)

    def stop_waiting(self, look: Callable[[], None]) -> None:
        """Do not call it any more."""
        self._waiting.pop(look, None)
