"""How single messages are told apart. No I/O.

One person's messages are passed on as they are. Where several wrote, each message is a line of JSON
with its author's name: neither a name nor a text can pretend to be another line, because what would
end the line or the string is escaped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import prompts

from .sizes import json_bytes, shorten
from .turn import Question

_LINE_BREAKS = {ord(char): f"\\u{ord(char):04x}" for char in "\x85\u2028\u2029"}
"""Ends of lines that JSON does not insist on escaping."""


class Frame:
    """What is put around each message of a conversation."""

    def __init__(self, questions: Iterable[Question]) -> None:
        """Look at who wrote.

        Args:
            questions: All that is told.
        """
        self._identities_by_name: dict[str, set[str]] = {}
        for question in questions:
            identities = self._identities_by_name.setdefault(question.name.casefold(), set())
            identities.add(question.identity)
        self._several = len(set().union(*self._identities_by_name.values())) > 1

    def line(self, question: Question) -> str:
        """What is told of a question."""
        return self._line(question, question.text)

    def shortened(self, question: Question, most: int) -> str:
        """The line of a question that is too long, in at most `most` bytes, see `shorten`."""

        def size(text: str) -> int:
            return json_bytes(self._line(question, text))

        return self._line(question, shorten(question.text, most, size))

    def note(self, text: str) -> str:
        """A line that is nobody's."""
        return _json({"note": text}) if self._several else _note_alone(text)

    def _line(self, question: Question, text: str) -> str:
        if not self._several:
            return _alone(question, text)
        return _in_group(question, text, self._label(question))

    def _label(self, question: Question) -> str:
        shared = len(self._identities_by_name[question.name.casefold()]) > 1
        # Else somebody could take the name that tells two others of one name apart.
        ambiguous = shared or question.name.endswith(")")
        return _with_identity(question) if ambiguous else question.name


def most_bytes(question: Question) -> int:
    """Bytes that the line of a question takes in a request at most, whoever else wrote."""
    in_group = _in_group(question, question.text, _with_identity(question))
    return max(json_bytes(in_group), json_bytes(_alone(question, question.text)))


def most_note_bytes(text: str) -> int:
    """Bytes that a note takes in a request at most, whoever wrote."""
    return json_bytes(_json({"note": text}))


def _alone(question: Question, text: str) -> str:
    if not question.files:
        return text
    words = f"{prompts.load('note_unread_files')} {_json(_files(question))}"
    return f"{text}\n{_note_alone(words)}"


def _in_group(question: Question, text: str, label: str) -> str:
    line = {"from": label, "message": text}
    return _json(line | {"files": _files(question)} if question.files else line)


def _files(question: Question) -> list[Any]:
    return [file.described() for file in question.files]


def _note_alone(text: str) -> str:
    return f"({text})"


def _with_identity(question: Question) -> str:
    return f"{question.name} ({question.identity})"


def _json(value: Mapping[str, Any] | list[Any]) -> str:
    return json.dumps(value, ensure_ascii=False).translate(_LINE_BREAKS)
