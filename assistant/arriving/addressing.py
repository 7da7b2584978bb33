"""Whether a question is meant for the agent, in the room as it is."""

from __future__ import annotations

from assistant.conversation.conversation import Conversation
from assistant.people.people import People
from assistant.turns.turn import UNKNOWN, Question

from .hearing_names import hears_name
from .mention import FOLLOW_UP_LIMIT, Mention, mentions, needs_mention, needs_name_aloud


class Addressing:
    """Follows who speaks, and to whom."""

    def __init__(
        self, people: People, conversation: Conversation, agent_name: str, mention: Mention
    ) -> None:
        """Nobody has spoken yet.

        Args:
            people: Who is in the room.
            conversation: Knows whom the agent answered last.
            agent_name: The name by which people address the agent.
            mention: When they must.
        """
        self.agent_name = agent_name
        """The name by which people address the agent."""
        self._people = people
        self._conversation = conversation
        self._mention = mention
        self._last_speaker: str | None = None

    def is_for_agent(self, question: Question) -> bool:
        """Take note of who speaks. Returns whether it is to the agent."""
        follows_up = self._follows_up(question)
        self._last_speaker = question.identity
        return self._is_addressed(question) or follows_up

    def names_agent(self, text: str) -> bool:
        """Whether a text has the agent's name in it."""
        return mentions(text, self.agent_name)

    def _is_addressed(self, question: Question) -> bool:
        people = len(self._people.with_author(question.identity))
        if question.spoken:
            is_named = hears_name(question.text, self.agent_name)
            return is_named or not needs_name_aloud(self._mention, people)
        return not needs_mention(self._mention, people) or self.names_agent(question.text)

    def _follows_up(self, question: Question) -> bool:
        """Whether it continues what its author and the agent were at, nobody else speaking.

        Speech never does: people in a call speak to each other.
        """
        identity = question.identity
        if question.spoken or identity == UNKNOWN or self._last_speaker != identity:
            return False
        return self._conversation.answered_lately(identity, FOLLOW_UP_LIMIT)
