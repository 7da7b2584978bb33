"""What the session needs of whatever shows it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from .transcript import Entry


class Face(Protocol):
    """Shows the transcript and reads what the user writes."""

    async def show(self, entries: Sequence[Entry]) -> None:
        """Print `entries` for good, and bring what is still growing up to date."""

    def lines(self) -> AsyncIterator[str]:
        """Yield what the user writes, until the user leaves or the face is closed."""

    def close(self) -> None:
        """Let `lines` end."""
