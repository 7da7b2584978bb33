"""What the LLM reads of a conversation. No I/O.

One person's messages are passed on as they are. Where several wrote, each message is a line of JSON
with its author's name: neither a name nor a text can pretend to be another line, because what would
end the line or the string is escaped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from livekit.agents import llm

import prompts

from .turn import Outcome, Question, Turn

_LINE_BREAKS = {ord(char): f"\\u{ord(char):04x}" for char in "\x85\u2028\u2029"}
"""Ends of lines that JSON does not insist on escaping."""


def render(turns: Iterable[Turn]) -> list[llm.ChatItem]:
    """The items of these turns, oldest first.

    What people wrote in a row is one message: some LLMs insist that roles alternate.
    """
    turns = list(turns)
    frame = _Frame(question for turn in turns for question in turn.questions)
    items: list[llm.ChatItem] = []
    said: list[str] = []
    for turn in turns:
        said += [frame.line(question) for question in turn.questions]
        if turn.answer:
            items += _message(said, turn.created_at)
            items += turn.answer
            said = []
        if turn.outcome is Outcome.STOPPED:
            said.append(frame.note(prompts.load("note_stopped")))
    return items + _message(said, turns[-1].created_at if turns else 0.0)


def _message(said: list[str], created_at: float) -> list[llm.ChatItem]:
    if not said:
        return []
    return [llm.ChatMessage(role="user", content=["\n".join(said)], created_at=created_at)]


class _Frame:
    """How single messages are told apart."""

    def __init__(self, questions: Iterable[Question]) -> None:
        self._identities_by_name: dict[str, set[str]] = {}
        for question in questions:
            identities = self._identities_by_name.setdefault(question.name.casefold(), set())
            identities.add(question.identity)
        self._several = len(set().union(*self._identities_by_name.values())) > 1

    def line(self, question: Question) -> str:
        if not self._several:
            return question.text
        return _json({"from": self._label(question), "message": question.text})

    def note(self, text: str) -> str:
        return _json({"note": text}) if self._several else f"({text})"

    def _label(self, question: Question) -> str:
        shared = len(self._identities_by_name[question.name.casefold()]) > 1
        # Else somebody could take the name that tells two others of one name apart.
        ambiguous = shared or question.name.endswith(")")
        return f"{question.name} ({question.identity})" if ambiguous else question.name


def _json(fields: dict[str, str]) -> str:
    return json.dumps(fields, ensure_ascii=False).translate(_LINE_BREAKS)
