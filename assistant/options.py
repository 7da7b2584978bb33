"""The options of a room."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from chat import Dialect

from .arriving.limits import Limits
from .arriving.mention import Mention
from .language_model.generation import DEFAULT_LIMITS, GenerationLimits
from .turns.dates import Dates
from .turns.overlap import Overlap


class VoiceMode(Enum):
    """Whether a room is also spoken in."""

    OFF = "off"
    """People type, and read."""

    LISTEN = "listen"
    """People can also speak."""

    SPEAK = "speak"
    """The agent also speaks its replies."""

    @property
    def listens(self) -> bool:
        """Whether the agent hears what people say."""
        return self is not VoiceMode.OFF

    @property
    def speaks(self) -> bool:
        """Whether its replies are spoken."""
        return self is VoiceMode.SPEAK


@dataclass(frozen=True)
class RoomOptions:
    """The options of a room."""

    agent_name: str = "Assistant"
    """The name by which people address the agent."""

    overlap: Overlap | None = None
    """What happens to messages that come during a reply; None depends on how many people there are."""

    dialect: Dialect | None = None
    """How to speak to everybody; None learns it from what each participant sends."""

    mention: Mention = Mention.AUTO
    """When the agent must be addressed."""

    greeting: str = ""
    """What the agent says to the first who can see it; empty for nothing."""

    conversation: str = ""
    """Names the conversation that goes on in the room; empty for the room's own."""

    voice: VoiceMode = VoiceMode.OFF
    """Whether people can speak, and whether the agent does."""

    voice_pause: float = 1.2
    """Seconds of silence after which somebody has finished speaking."""

    closing_grace: float = 10.0
    """Seconds that a running reply may go on when the agent has to leave."""

    max_message_bytes: int | None = None
    """Longer messages are refused with a line in the chat; None is the chat's own limit."""

    generation: GenerationLimits = DEFAULT_LIMITS
    """How long the LLM may take, and how much it may write."""

    dates: Dates | None = None
    """Tells the LLM the date and the time; None tells it none."""

    limits: Limits = field(default_factory=Limits)
    """How much is taken of everything else."""
