"""The date and the time of a conversation, as the LLM is told them. No I/O.

They are told with the turns, not with the instructions: what was told once stays as it is, so that the
beginning of the prompt does not change with the clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

import prompts

TOLD_AGAIN_AFTER = 3600.0
"""Seconds after which the time is told again, if there is a turn."""

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
"""`strftime` would use the language that the process is set to."""


@dataclass(frozen=True)
class Dates:
    """The dates and times of one time zone."""

    zone: tzinfo | None = None
    """Where the people are; None is the machine's own zone."""

    def line(self, seconds: float) -> str:
        """One line with weekday, date, time and zone.

        Args:
            seconds: The moment, since the epoch.
        """
        local = self._local(seconds)
        zone = local.tzname() if self.zone is None else str(self.zone)
        offset = local.isoformat(timespec="minutes")[len("2026-01-01T00:00") :]
        day = _WEEKDAYS[local.weekday()]
        return (
            f"{prompts.load('date_and_time')} {day}, {local:%Y-%m-%d, %H:%M}, {zone}, UTC{offset}"
        )

    def told_at(self, moments: Iterable[float]) -> set[int]:
        """At which of these moments, by their positions, the time is told.

        It is at the first, and where an hour has passed or the date has changed since it last was.
        """
        told: set[int] = set()
        last: float | None = None
        for position, moment in enumerate(moments):
            if last is None or self._is_other(last, moment):
                told.add(position)
                last = moment
        return told

    def _is_other(self, last: float, moment: float) -> bool:
        # A clock that was set back is told as well.
        if abs(moment - last) >= TOLD_AGAIN_AFTER:
            return True
        return self._local(last).date() != self._local(moment).date()

    def _local(self, seconds: float) -> datetime:
        return datetime.fromtimestamp(seconds, UTC).astimezone(self.zone)
