"""What one person saw in one room. No I/O.

Times are seconds since the moment from which workers were harmed.
"""

from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Asked:
    """One question."""

    at: float
    word: str

    instead_of: str | None = None
    """The word of a question that is asked again with this one, as the agent said it had been away."""


@dataclass(slots=True)
class Bubble:
    """One message of an agent's, as it stood in the end."""

    text: str

    whole_at: dict[str, float] = field(default_factory=dict)
    """When it first was a whole reply, for each question that it answers."""


@dataclass(slots=True)
class Presence:
    """One agent in the room. One that comes back is another."""

    sid: str
    since: float
    until: float | None = None
    """None if it was there in the end."""


@dataclass(slots=True)
class Seen:
    """Everything."""

    room: str
    asked: list[Asked] = field(default_factory=list)
    bubbles: list[Bubble] = field(default_factory=list)
    presences: list[Presence] = field(default_factory=list)

    grew_at: list[float] = field(default_factory=list)
    """When text of a reply came, in order."""

    until: float = 0.0
    """When the person looked away."""

    def counted_from(self, since: float) -> "Seen":
        """Return the same with times from this moment on."""

        def moved(at: float | None) -> float | None:
            return None if at is None else at - since

        return Seen(
            room=self.room,
            asked=[replace(asked, at=asked.at - since) for asked in self.asked],
            bubbles=[
                Bubble(each.text, {word: at - since for word, at in each.whole_at.items()})
                for each in self.bubbles
            ],
            presences=[
                Presence(each.sid, each.since - since, moved(each.until)) for each in self.presences
            ],
            grew_at=[at - since for at in self.grew_at],
            until=self.until - since,
        )
