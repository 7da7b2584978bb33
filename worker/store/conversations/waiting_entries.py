"""The changes that wait to be written: one for each key, in the order in which they came, and not too many."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain, count

from .entries import Entry, Key
from .room_opening import Opening

MOST_ENTRIES = 10_000
"""How many changes wait at most: some MB of text."""


class WaitingEntries:
    """A queue in which a newer state takes the place of an older one."""

    def __init__(self, most: int = MOST_ENTRIES) -> None:
        """Begin empty.

        Args:
            most: How many changes may wait.
        """
        self._most = most
        self._entries: dict[Key, Entry] = {}
        self._taken: dict[Key, Entry] = {}
        self._numbers = count(1)
        self._oldest: dict[Opening, int] | None = None
        self.newest = 0
        """The number of what came last."""

    def __len__(self) -> int:
        return len(self._entries) + len(self._taken)

    @property
    def has_writable(self) -> bool:
        """Whether there is something that can be written, or is just being written."""
        return bool(self._taken) or any(each.home for each in self._entries.values())

    def put(self, entry: Entry) -> int:
        """Add a change, at the place of one of the same key if that waits.

        Returns:
            How many were dropped, as there are too many.
        """
        self.newest = next(self._numbers)
        self._oldest = None
        older = self._entries.get(entry.key)
        self._entries[entry.key] = _successor(older, replace(entry, number=self.newest))
        return 0 if older else self._trim()

    def take(self, most: int) -> Sequence[Entry]:
        """Take the oldest that can be written, until `put_back`; those that never can are dropped."""
        for entry in list(self._entries.values()):
            if entry.home is not None:
                self._taken[entry.key] = self._entries.pop(entry.key)
            elif entry.opening.is_closed:
                self._drop(entry)
            if len(self._taken) == most:
                break
        self._oldest = None
        return list(self._taken.values())

    def strike(self, done: Iterable[Entry]) -> None:
        """Strike off what was taken and is done with."""
        for entry in done:
            del self._taken[entry.key]
        self._oldest = None

    def put_back(self) -> int:
        """Put what was taken and not struck off in front again; newer states that came take its place.

        Returns:
            How many were dropped, as there are too many.
        """
        newer, self._entries, self._taken = self._entries, self._taken, {}
        for key, entry in newer.items():
            self._entries[key] = _successor(self._entries.get(key), entry)
        return self._trim()

    def is_open(self, opening: Opening, last: int) -> bool:
        """Whether a room's changes up to a number wait, or one of them."""
        if self._oldest is None:
            self._oldest = {}
            for entry in chain(self._taken.values(), self._entries.values()):
                known = self._oldest.get(entry.opening, entry.number)
                self._oldest[entry.opening] = min(known, entry.number)
        return self._oldest.get(opening, last + 1) <= last

    def _trim(self) -> int:
        if len(self) <= self._most:
            return 0
        # Sorting keeps the order of those that matter equally. Several go at once, so that not each
        # change that comes has to look for another.
        least = sorted(self._entries.values(), key=lambda entry: entry.importance)
        dropped = least[: max(self._most // 20, 1)]
        for entry in dropped:
            self._drop(entry)
        return len(dropped)

    def _drop(self, entry: Entry) -> None:
        entry.opening.has_lost = True
        self._oldest = None
        del self._entries[entry.key]


def _successor(older: Entry | None, newer: Entry) -> Entry:
    """The newer state of two, where the older one would have been written, and as early."""
    if older is None:
        return newer
    return replace(newer, number=older.number, conversation=older.conversation)
