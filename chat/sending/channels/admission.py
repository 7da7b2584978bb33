"""Whether a channel admits more members."""

from enum import Enum, auto


class Admission(Enum):
    """When participants can become members of a channel."""

    NOW = auto()
    """At once. All members get the whole text then."""

    LATER = auto()
    """When it has delivered the message. A second channel would interfere before."""

    NEVER = auto()
    """They need another channel, as they have another dialect, or members have the text already."""
