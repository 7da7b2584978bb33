"""A question that was asked here and is remembered, too: some clients send one again to the next agent."""

from __future__ import annotations

from assistant.memory.restoring import Restored
from assistant.memory.room_journal import RoomJournal
from assistant.turns.turn import Question, Turn

from .conversation import Conversation


class AskedTwice:
    """Leaves each of them in one turn. Used once, before what is remembered is put with what was said here."""

    def __init__(
        self, restored: Restored, conversation: Conversation, journal: RoomJournal
    ) -> None:
        """Change nothing yet.

        Args:
            restored: What is remembered.
            conversation: What was asked here.
            journal: Is told to which turn a question belongs.
        """
        self.edits: list[Question] = []
        """What says something else by now than in its remembered turn, in which it is to be edited."""
        self._restored = restored
        self._conversation = conversation
        self._journal = journal

    def resolve(self) -> None:
        """Take each of them out of what was asked here, or out of its remembered turn."""
        for turn in list(self._restored.turns):
            had_any = bool(turn.questions)
            for question in list(turn.questions):
                self._resolve(question, turn)
            if had_any and not turn.questions and _was_overheard(turn):
                # There is nothing else in it.
                self._restored.turns.remove(turn)
                self._journal.forgotten(turn)

    def _resolve(self, question: Question, turn: Turn) -> None:
        asked = self._conversation.find(question.id, question.identity)
        if self._is_settled_here(question, asked, turn):
            turn.questions.remove(question)
        elif asked is not None:
            self._conversation.withdraw(question.id, question.identity)
            self._journal.edited(question, turn)
            if asked.text != question.text:
                self.edits.append(asked)
        elif self._journal.took_back(question):
            # Only that it was asked again was taken back.
            self._journal.edited(question, turn)

    def _is_settled_here(self, question: Question, asked: Question | None, turn: Turn) -> bool:
        """Whether what became of a question here counts, and not what is remembered."""
        conversation = self._conversation
        waits = conversation.waiting.find(question.id, question.identity) is not None
        if turn in self._restored.unfinished:
            was_taken_back = self._journal.took_back(question)
            return not waits and (
                was_taken_back or conversation.knows(question.id, question.identity)
            )
        if asked is None or asked.text == question.text:
            return False
        # What was overheard has no answer that could be given anew.
        return _was_overheard(turn) or not waits


def _was_overheard(turn: Turn) -> bool:
    return turn.outcome is None
