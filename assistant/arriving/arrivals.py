"""What typed and spoken words go through: is it for the agent, is there a place; then it is handed over."""

from __future__ import annotations

from assistant.conversation.conversation import Conversation
from assistant.conversation.stop import Stop
from assistant.people.notices import Notices
from assistant.people.people import People, is_agent
from assistant.turns.turn import Question
from chat import OwnedTasks

from .addressing import Addressing
from .admission import Admission

_STOP_NOTICES = {
    Stop.REFUSED: "notice_stop_refused",
    Stop.TAKEN_BACK: "notice_taken_back",
}


class Arrivals:
    """Hands questions and stops to the conversation, and tells people what does not get there."""

    def __init__(
        self,
        people: People,
        conversation: Conversation,
        notices: Notices,
        admission: Admission,
        addressing: Addressing,
    ) -> None:
        """Nothing has come yet.

        Args:
            people: Who is in the room.
            conversation: What it is handed to.
            notices: Tells people what is not taken.
            admission: How much is.
            addressing: What is meant for the agent.
        """
        self.admission = admission
        """How much is taken."""
        self.addressing = addressing
        """What is meant for the agent."""
        self._people = people
        self._conversation = conversation
        self._notices = notices
        self._tasks = OwnedTasks()

    def close(self) -> None:
        """Tell nobody anything any more."""
        self._tasks.cancel()

    def take(self, question: Question) -> None:
        """Ask what is meant for the agent, and remember the rest."""
        if self.addressing.is_for_agent(question):
            self.ask(question)
        else:
            self.overhear(question)

    def ask(self, question: Question) -> bool:
        """Ask a question if it has a place. Returns whether it had."""
        has_place = self.admission.has_place(question.identity)
        if has_place:
            self._conversation.ask(question)
        return has_place

    def overhear(self, question: Question) -> None:
        """Remember what is not for the agent, and tell its author how to be answered."""
        self._conversation.overhear(question)
        self._tasks.spawn(self._answer_overheard(question), "author of a message")

    def may_stop(self, identity: str) -> bool:
        """Whether the reply that runs, or the last one, is somebody's to stop."""
        return self._conversation.stopping.may_stop(identity, self._people.is_moderator(identity))

    def stop(self, identity: str) -> Stop:
        """Stop what somebody may stop; tell them if it is not theirs."""
        result = self._conversation.stopping.stop(identity, self._people.is_moderator(identity))
        if (notice := _STOP_NOTICES.get(result)) is not None:
            self._notices.tell(notice, identity)
        return result

    async def _answer_overheard(self, question: Question) -> None:
        """Tell a person how to be answered; do not listen to agents."""
        author = await self._people.author(question)
        if author is not None and is_agent(author):
            self._conversation.take_overheard(question.id, question.identity)
        else:
            readers = [person.identity for person in self._people.audience]
            self._notices.tell("notice_mention_me", question.identity, once=True, readers=readers)
