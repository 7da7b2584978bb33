"""The results of a request to stop. No I/O."""

from __future__ import annotations

from enum import Enum


class Stop(Enum):
    """The result of a request to stop."""

    STOPPED = "stopped"
    """The reply was stopped."""

    TAKEN_BACK = "taken back"
    """What waited to be answered will not be."""

    NOTHING = "nothing"
    """There was nothing to stop."""

    REFUSED = "refused"
    """Only its asker or a moderator may stop this reply."""
