"""Whether a channel that is in use can take more members."""

from enum import Enum, auto


class Admission(Enum):
    """When participants of the same dialect can become members of a channel."""

    NOW = auto()
    """At once. Every member is sent the whole text then."""

    LATER = auto()
    """When nothing is under way any more: then there is room for them, here or in a new channel."""

    NEVER = auto()
    """They need a channel of their own: the members have the text, and should not get it again."""
