"""Rooms whose agent died get another, and rooms of a worker that is to end are handed over."""

from .endings import Need, was_asked_for, watch_end
from .joining import is_rescue
from .ownership import LostRoom, Ownership
from .succession import goes_on
from .watch import rescue_rooms
from .withdrawn import is_withdrawn

__all__ = [
    "LostRoom",
    "Need",
    "Ownership",
    "goes_on",
    "is_rescue",
    "is_withdrawn",
    "rescue_rooms",
    "was_asked_for",
    "watch_end",
]
