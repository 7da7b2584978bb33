"""The questions that are not being answered yet."""

from __future__ import annotations

import asyncio
from bisect import insort_right
from collections.abc import Iterator
from operator import attrgetter

from .turn import UNKNOWN, Question, Turn

_ASKED_AT = attrgetter("asked_at")


class WaitingQuestions:
    """Questions in the order in which they were begun, each of which can still be edited or taken back."""

    def __init__(self) -> None:
        """Nothing waits."""
        self._questions: list[Question] = []
        self._again: list[Turn] = []
        self._arrived = asyncio.Event()

    def __len__(self) -> int:
        """How many questions wait, without those that are to be answered anew."""
        return len(self._questions)

    @property
    def again(self) -> Turn | None:
        """The turn that is to be answered anew next, if there is one."""
        return self._again[0] if self._again else None

    def __iter__(self) -> Iterator[Question]:
        return iter(list(self._questions))

    @property
    def oldest(self) -> Question | None:
        """The question that is taken next, if there is one."""
        return self._questions[0] if self._questions else None

    def add(self, question: Question) -> None:
        """Put a question last, but before those that came while its author was speaking."""
        question.arrived_at = asyncio.get_running_loop().time()
        insort_right(self._questions, question, key=_ASKED_AT)
        self._arrived.set()

    def put_back(self, questions: list[Question]) -> None:
        """Put questions that were taken, but not answered, where they were."""
        self._questions = sorted([*questions, *self._questions], key=_ASKED_AT)
        if self._questions:
            self._arrived.set()

    def answer_again(self, turn: Turn) -> None:
        """Have a turn answered anew, before any question, and after those that already wait for it."""
        if turn not in self._again:
            self._again.append(turn)
        self._arrived.set()

    def take_again(self) -> Turn | None:
        """Take the turn that is to be answered anew next, if there is one."""
        return self._again.pop(0) if self._again else None

    def find(self, message_id: str, identity: str) -> Question | None:
        """The question with this id by this author."""
        return find_question(self._questions, message_id, identity)

    def remove(self, question: Question) -> None:
        """Take a question back."""
        self._questions.remove(question)

    def remove_by(self, identity: str) -> tuple[list[Question], list[Turn]]:
        """Take back all that one author wants answered or answered anew. Returns what it was.

        It is nothing for `UNKNOWN`, who may be several.
        """
        if identity == UNKNOWN:
            return [], []
        questions = [question for question in self._questions if question.identity == identity]
        turns = [turn for turn in self._again if identity in turn.authors]
        self._questions = [question for question in self._questions if question not in questions]
        self._again = [turn for turn in self._again if turn not in turns]
        return questions, turns

    def take(self, most: int) -> list[Question]:
        """Take the oldest questions, at most so many."""
        taken, self._questions = self._questions[:most], self._questions[most:]
        return taken

    async def some(self) -> None:
        """Wait until there is anything to answer."""
        while not self._questions and not self._again:
            self._arrived.clear()
            await self._arrived.wait()

    async def quiet(self, window: float, most: int) -> None:
        """Wait until none has come for `window` seconds, or there is no point in waiting.

        There is none if `most` are there, or a turn is to be answered anew.
        """
        while self._questions and len(self._questions) < most and not self._again:
            newest = max(question.arrived_at for question in self._questions)
            if not await self.changed(newest + window):
                return

    async def changed(self, until: float) -> bool:
        """Wait until something comes, or `look_again` is called.

        Args:
            until: When to give up, by the event loop's clock.

        Returns:
            Whether anything happened.
        """
        self._arrived.clear()
        try:
            async with asyncio.timeout_at(until):
                return await self._arrived.wait()
        except TimeoutError:
            return False

    def look_again(self) -> None:
        """Wake who waits: something else has changed on which it depends."""
        self._arrived.set()


def find_question(questions: list[Question], message_id: str, identity: str) -> Question | None:
    """The question with this id by this author; nobody is the author of what `UNKNOWN` wrote."""
    for question in questions:
        if question.id == message_id and question.identity == identity != UNKNOWN:
            return question
    return None
