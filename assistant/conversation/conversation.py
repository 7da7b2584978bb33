"""One room's conversation: what people's questions, edits, deletions and stops do to its turns."""

from __future__ import annotations

import asyncio
from time import time

from livekit.agents import llm

from assistant.answering.answering import Answering
from assistant.memory.journal import Journal
from assistant.people.people import People
from assistant.turns.bubble import Bubble
from assistant.turns.floor import Floor
from assistant.turns.history import History
from assistant.turns.overlap import Overlap, choose_overlap
from assistant.turns.turn import UNKNOWN, Outcome, Question, Turn
from assistant.turns.waiting import WaitingQuestions

from .consumer import TurnConsumer
from .current_turn import CurrentTurn, ended_within
from .stopping import Stopping

REGENERATION_LIMIT = 300.0
"""Seconds after an answer in which an edit of its question has it answered anew."""


class Conversation:
    """The turns of a room: those that wait, the one that is answered, and those that were."""

    def __init__(
        self,
        people: People,
        answering: Answering,
        history: History,
        overlap: Overlap | None = None,
        journal: Journal | None = None,
    ) -> None:
        """Nothing is answered before `begin`.

        Args:
            people: Who is in the room.
            answering: What answers a turn.
            history: What the LLM is told.
            overlap: What happens to questions that come during a reply; None depends on how many
                people there are.
            journal: Is told what happens; None keeps nothing of it.
        """
        self.waiting = WaitingQuestions()
        """Questions that nobody has begun to answer."""
        self.floor = Floor(self.waiting.look_again)
        """Who is speaking."""
        self._people = people
        self._current = CurrentTurn(people, answering, history)
        self._answering = answering
        self._history = history
        self._overlap = overlap
        self._answered_before: set[tuple[str, str]] = set()
        self._journal = journal = journal or Journal()
        self.stopping = Stopping(self._current, self.waiting, answering, journal)
        """Does what people want who say stop."""
        self._consumer = TurnConsumer(
            self.waiting, self.floor, answering, history, self._policy, journal
        )

    def begin(self) -> None:
        """Answer from now on, beginning with what came before. Call after the session started."""
        self._consumer.begin()

    async def aclose(self, grace: float) -> None:
        """Begin no turn any more, and wait until the one that runs, and all before, are delivered.

        Args:
            grace: Seconds that it may go on. What is asked meanwhile stays `unanswered`.
        """
        await self._consumer.end(grace)
        await self._answering.delivered()

    def cancel(self) -> None:
        """Answer and write nothing any more."""
        self._consumer.cancel()
        self._answering.cancel()

    @property
    def is_at_rest(self) -> bool:
        """Whether no turn runs, and nobody is saying anything."""
        now = asyncio.get_running_loop().time()
        return self._consumer.is_idle and not self.floor.is_taken(before=now)

    def hold(self) -> None:
        """Begin no turn until `go_on`: what is asked meanwhile waits, and interrupts nothing."""
        self._consumer.hold()

    def go_on(self) -> None:
        """Begin turns again."""
        self._consumer.go_on()

    async def give_up(self) -> None:
        """Take back the reply that runs, after `hold`: what it answers waits. Returns once all is written."""
        await self._consumer.give_up()
        await self._answering.delivered()

    async def delivered(self) -> None:
        """Wait until all replies are delivered or given up."""
        await self._answering.delivered()

    def knows(self, message_id: str, identity: str) -> bool:
        """Whether a message has been asked, answered or overheard already."""
        if (identity, message_id) in self._answered_before:
            return True
        return self.find(message_id, identity) is not None

    def find(self, message_id: str, identity: str) -> Question | None:
        """The question that a message became, whether it waits, is being answered, was or was overheard."""
        if (waiting := self.waiting.find(message_id, identity)) is not None:
            return waiting
        found = self._history.find(message_id, identity)
        return None if found is None else found[1]

    def note_answered(self, message_id: str, identity: str) -> None:
        """Note that a former agent has answered a message; if it is answered here again, that is taken back.

        If it is remembered that the former agent answered it, it stays so.
        """
        found = self._history.find(message_id, identity)
        if found is None or not found[0].restored:
            if (question := self.find(message_id, identity)) is not None:
                self._journal.taken_back(question)
            self.withdraw(message_id, identity)
        self._answered_before.add((identity, message_id))

    @property
    def answered(self) -> list[Question]:
        """What has been answered or overheard, as far as it is remembered, oldest first."""
        return self._history.questions

    @property
    def unanswered(self) -> bool:
        """Whether anything waits to be answered."""
        return len(self.waiting) > 0 or self.waiting.again is not None

    @property
    def is_answering(self) -> bool:
        """Whether a turn is being answered."""
        return self._current.attempt is not None

    @property
    def spoke_at(self) -> float:
        """When the agent last began or ended an answer, by the event loop's clock."""
        return self._answering.spoke_at

    def answered_at(self, identity: str) -> float | None:
        """When the last answer to somebody ended by itself, by the event loop's clock."""
        return self._history.answered_at(identity)

    def ask(self, question: Question) -> None:
        """Take a question. It interrupts the reply to its author, if that is the policy.

        One that is known is not taken: some clients send a message again to an agent that has just come.
        """
        if self.knows(question.id, question.identity):
            return
        running = self._current.attempt
        question.overlapped = running is not None
        self.waiting.add(question)
        self._journal.asked(question)
        if (
            not self._consumer.takes_more
            or self._policy(question.identity) is not Overlap.INTERRUPT
        ):
            return
        self._current.hush_ended(lambda turn: self._current.may_end(turn, question.identity))
        # What was edited is answered before what came after it.
        if running is None or self._answering.is_replacing:
            return
        if self._current.may_end(running.turn, question.identity):
            running.interrupt()

    def overhear(self, question: Question) -> None:
        """Remember what was said to somebody else."""
        now = asyncio.get_running_loop().time()
        turn = Turn([question], created_at=time(), ended_at=now)
        self._history.add(turn)
        self._journal.overheard(turn)

    def edit(self, message_id: str, identity: str, text: str) -> None:
        """Change a question, and answer it anew if it is being answered or was the last.

        Nothing changes if it says that already.
        """
        if (waiting := self.waiting.find(message_id, identity)) is not None:
            waiting.text = text
            self._journal.asked(waiting)
        elif (found := self._history.find(message_id, identity)) is not None:
            turn, question = found
            if question.text == text:
                # Some clients send a message again to an agent that has just come.
                return
            question.text = text
            self._journal.edited(question, turn)
            if self._current.runs(turn):
                self._current.cut(Outcome.ANEW)
            elif self._current.is_last(turn) and ended_within(turn, REGENERATION_LIMIT):
                self.waiting.answer_again(turn)
        else:
            self._journal.unknown(lambda: self.edit(message_id, identity, text))

    def take_overheard(self, message_id: str, identity: str) -> Question | None:
        """Take out of the history what was lately said to somebody else; None if it was not."""
        found = self._history.find(message_id, identity)
        if found is None or found[0].outcome is not None or self._current.runs(found[0]):
            return None
        turn, question = found
        if not ended_within(turn, REGENERATION_LIMIT):
            return None
        self._history.remove(turn)
        self._journal.forgotten(turn)
        return question

    def delete(self, message_id: str, identity: str) -> None:
        """Forget a question. Its answer is stopped, or taken back if it is the newest or was broken off."""
        if identity != UNKNOWN:
            self._journal.deleted(message_id, identity)
        self._remove(message_id, identity)
        # A client may have sent it again, so that it is remembered, too.
        self._journal.unknown(lambda: self.delete(message_id, identity))

    def withdraw(self, message_id: str, identity: str) -> None:
        """Take a question out of what waits or was asked here, as it was answered before.

        Its answer is stopped or taken back, unless it answers others, too. Nobody is told that the question
        is gone: another turn has it.
        """
        self._remove(message_id, identity, takes_back=True)

    def _remove(self, message_id: str, identity: str, *, takes_back: bool = False) -> None:
        if (waiting := self.waiting.find(message_id, identity)) is not None:
            self.waiting.remove(waiting)
        elif (found := self._history.find(message_id, identity)) is not None:
            turn, question = found
            seen = takes_back or self._current.is_last(turn) or turn.bubble.is_broken_off
            turn.questions.remove(question)
            if self._current.runs(turn):
                self._current.cut(Outcome.ANEW if turn.questions else Outcome.WITHDRAWN)
            elif not turn.questions:
                self._history.remove(turn)
                if seen:
                    self._answering.take_back(turn)
                else:
                    self._journal.forgotten(turn)

    def answered_lately(self, identity: str, limit: float) -> bool:
        """Whether somebody was the last to be answered, or is being answered now."""
        if (running := self._current.attempt) is not None:
            return identity in running.turn.authors
        last = self._history.last
        return last is not None and identity in last.authors and ended_within(last, limit)

    def began(self, text: str) -> Turn:
        """Note what the agent says without being asked, and read it out. Its turn cannot be edited.

        Returns:
            The turn. Its bubble has the id of the message in which it is to be said.
        """
        answer = llm.ChatMessage(role="assistant", content=[text])
        now = asyncio.get_running_loop().time()
        turn = Turn([], time(), [answer], Outcome.DONE, Bubble(text=text, kept=text), now)
        self._history.add(turn)
        self._journal.ended(turn)
        aloud = self._answering.aloud.begin(turn)
        aloud.append(text)
        aloud.finish()
        return turn

    @property
    def untouched(self) -> bool:
        """Whether nobody has said anything yet."""
        return self._history.empty and not self.waiting

    def _policy(self, identity: str = UNKNOWN) -> Overlap:
        return choose_overlap(self._overlap, len(self._people.with_author(identity)))
