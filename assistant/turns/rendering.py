"""What the LLM reads of a conversation. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from livekit.agents import llm

import prompts
from chat import is_blank

from .dates import Dates
from .frame import Frame
from .sizes import fair_share, json_bytes
from .turn import Outcome, Question, Turn

FULL_SHARE = 0.7
"""To what part of its limit a text is cut that exceeds it."""

_NOT_TOLD_AGAIN = (Outcome.FILTERED, Outcome.TOO_LONG)
"""What would be refused again with all that comes after it."""

_UNANSWERED = (Outcome.FAILED, Outcome.REFUSED, Outcome.EMPTY, Outcome.CUT, Outcome.SHUT_DOWN)
_BROKEN_OFF = (Outcome.FAILED, Outcome.SHUT_DOWN)


@dataclass(frozen=True)
class ToldTurn:
    """What the LLM reads of one turn."""

    before: list[str]
    """Lines that come before the answer."""

    answer: list[llm.ChatItem]
    """What it said, without what is blank."""

    after: list[str]
    """Lines that come after the answer."""

    created_at: float
    """When the turn was taken up, in seconds since the epoch."""

    @cached_property
    def size(self) -> int:
        """Bytes that its strings take in a request."""
        lines = (*self.before, *self.after)
        return sum(map(json_bytes, lines)) + sum(map(_size, self.answer))


class Rendering:
    """What the LLM reads of some turns, without the time."""

    def __init__(self, turns: Iterable[Turn], most_bytes: int | None = None) -> None:
        """Render each turn.

        Args:
            turns: The turns, oldest first.
            most_bytes: Bytes that the questions of one turn may take in a request; longer ones are
                cut. None is no limit.
        """
        turns = list(turns)
        self._most_bytes = most_bytes
        self._frame = Frame(question for turn in turns for question in turn.questions)
        self.turns = [self._tell(turn) for turn in turns]
        """What is read of each turn, in the same order."""

    def items(self, dates: Dates | None = None) -> list[llm.ChatItem]:
        """The items of a request.

        Each turn has a message of its own, so that an old one can be left out of a request by itself.

        Args:
            dates: Tells the time; None tells none.
        """
        items: list[llm.ChatItem] = []
        said: list[str] = []
        times = dict(self.times(dates))
        for position, turn in enumerate(self.turns):
            said += times.get(position, [])
            said += turn.before
            if not turn.answer:
                said += turn.after
            items += _message(said, turn.created_at)
            items += turn.answer
            said = [] if not turn.answer else list(turn.after)
        return items + _message(said, self.turns[-1].created_at if self.turns else 0.0)

    def times(self, dates: Dates | None, oldest: int = 0) -> list[tuple[int, list[str]]]:
        """The lines that tell the time, each with the position of the turn that it comes before.

        Args:
            dates: Tells the time; None tells none.
            oldest: The position of the first turn that is told.
        """
        if dates is None:
            return []
        # Who greets needs no time, and is not told one before people write.
        asked = [n for n in range(oldest, len(self.turns)) if self.turns[n].before]
        told = dates.told_at(self.turns[n].created_at for n in asked)
        return [
            (n, [self._frame.note(dates.line(self.turns[n].created_at))])
            for position, n in enumerate(asked)
            if position in told
        ]

    def _tell(self, turn: Turn) -> ToldTurn:
        if turn.outcome in _NOT_TOLD_AGAIN:
            return ToldTurn([self._note("note_left_out")], [], [], turn.created_at)
        answer = _tellable(turn.answer)
        notes = [self._note(name) for name in _notes(turn.outcome, answered=_has_text(answer))]
        return ToldTurn(self._lines(turn.questions), answer, notes, turn.created_at)

    def _lines(self, questions: Sequence[Question]) -> list[str]:
        frame, most = self._frame, self._most_bytes
        told = [question for question in questions if not is_blank(question.text)]
        if questions and not told:
            return [self._note("note_left_out")]
        lines = [frame.line(question) for question in told]
        sizes = [json_bytes(line) for line in lines]
        if most is None or sum(sizes) <= most:
            return lines
        share = fair_share(sizes, int(most * FULL_SHARE))
        lines = [
            line if size <= share else frame.shortened(question, share)
            for line, size, question in zip(lines, sizes, told, strict=True)
        ]
        # Of very many not even the marks fit.
        while len(lines) > 1 and sum(map(json_bytes, lines)) > most:
            del lines[0]
        return lines

    def _note(self, name: str) -> str:
        return self._frame.note(prompts.load(name))


def render(turns: Iterable[Turn], dates: Dates | None = None) -> list[llm.ChatItem]:
    """The items of these turns, oldest first, whatever their size."""
    return Rendering(turns).items(dates)


def _notes(outcome: Outcome | None, *, answered: bool) -> list[str]:
    """What the LLM is told of how an answer ended: what people read of it would be taken for its own."""
    if outcome is Outcome.STOPPED:
        return ["note_stopped"]
    if answered:
        return ["note_broken_off"] if outcome in _BROKEN_OFF else []
    return ["note_no_answer"] if outcome in _UNANSWERED else []


def _tellable(answer: list[llm.ChatItem]) -> list[llm.ChatItem]:
    """An answer without blank texts, and without calls of tools that have no output."""
    calls = {item.call_id for item in answer if isinstance(item, llm.FunctionCall)}
    outputs = {item.call_id for item in answer if isinstance(item, llm.FunctionCallOutput)}
    return [item for item in answer if not _is_refused(item, calls & outputs)]


def _is_refused(item: llm.ChatItem, complete_calls: set[str]) -> bool:
    if isinstance(item, llm.FunctionCall | llm.FunctionCallOutput):
        return item.call_id not in complete_calls
    return isinstance(item, llm.ChatMessage) and is_blank(item.text_content or "")


def _has_text(answer: list[llm.ChatItem]) -> bool:
    return any(isinstance(item, llm.ChatMessage) for item in answer)


def _size(item: llm.ChatItem) -> int:
    match item:
        case llm.ChatMessage():
            return json_bytes(item.text_content or "")
        case llm.FunctionCall():
            return json_bytes(item.name) + json_bytes(item.arguments)
        case llm.FunctionCallOutput():
            return json_bytes(item.output)
    return 0


def _message(said: list[str], created_at: float) -> list[llm.ChatItem]:
    if not said:
        return []
    return [llm.ChatMessage(role="user", content=["\n".join(said)], created_at=created_at)]
