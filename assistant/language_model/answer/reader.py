"""Makes a service's answer regular: bytes in, chunks out, or a named failure. Pure.

What is not understood is passed over. Text that can be shown is passed on, the first choice's alone. An
answer is whole if a finish reason or ``[DONE]`` says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from assistant.language_model.chunks import FINISH_REASON, PROGRESS, THOUGHT, Fields, chunk, clean
from assistant.language_model.failure import BROKE_OFF, Failure, Remedy
from assistant.language_model.refusal import Refusal
from assistant.language_model.refusal_body import read_refusal

from .choices import Said, read_choice
from .error_events import is_error
from .finish import Finish, finish_of
from .first_choice import FirstChoice
from .json_objects import objects_in
from .server_events import EventReader, ServerEvent, TooLargeError
from .tool_calls import ToolCalls
from .usage import usage_of
from .visible_text import VisibleText

DONE = "[DONE]"

MOST_TRIMMED = 200
"""Characters of white space that a service may leave out when it repeats an answer."""

_NO_ANSWER = Failure("no answer", passing=True, advice="is OPENAI_BASE_URL the API's?")
_NOT_AN_ANSWER = Failure(
    "not an answer", remedy=Remedy.OPERATOR, advice="is OPENAI_BASE_URL the API's, up to /v1?"
)
_BAD_FINISH = Failure("finish reason", passing=True)
_UNKNOWN_TOOL = Failure("unknown tool", passing=True)
_TOOL_AS_TEXT = Failure(
    "tool call as text", remedy=Remedy.OPERATOR, advice="has the server a parser for tool calls?"
)


class AnswerReader:
    """Reads one answer."""

    def __init__(self, tools: Collection[str] = ()) -> None:
        """Nothing has come yet.

        Args:
            tools: The names of the tools that the model was offered.
        """
        self.refusal: Refusal | None = None
        """What the service says went wrong in mid-answer; None if it says nothing of the kind."""
        self.is_over = False
        """Whether nothing more is to be read: it was all, or it failed."""
        self.is_confirmed = False
        """Whether it is whole, though more may come."""
        self.is_answer = False
        """Whether any part of an answer came."""
        self._tools = tools
        self._events = EventReader()
        self._visible = VisibleText(may_call=bool(tools))
        self._calls = ToolCalls()
        self._id = ""
        self._first = FirstChoice()
        self._finish: Finish | None = None
        self._usage: dict[str, Any] | None = None
        self._is_garbage = False
        self._is_cut = False
        self._raw: list[str] = []
        self._raw_size = 0
        self._text: list[str] = []
        self._notes: dict[str, Any] = {}

    def feed(self, piece: bytes) -> Fields | None:
        """What comes with the next piece of the body; None if that is nothing to pass on."""
        try:
            self._take_all(self._events.feed(piece))
        except TooLargeError:
            self._is_garbage = self.is_over = True
        return self._next_chunk()

    def end(self) -> tuple[Fields, Failure | None]:
        """What was held back, and why the answer is none, or not whole; None if it is."""
        if not self.is_over:
            self._take_all(self._events.end())
        is_cut = self._finish is Finish.LENGTH
        is_whole = self.is_confirmed and self.refusal is None and not is_cut
        calls, has_unknown = self._calls.complete(self._tools)
        calls = calls if is_whole else []
        self._text.append(self._visible.end(keeps_open=is_whole and not calls))
        failure = None if calls else self._failure(has_unknown=has_unknown)
        if failure is None and self._finish is not None:
            self._notes[FINISH_REASON] = self._finish.value
        last = chunk(
            self._id, "".join(self._text), calls=calls, notes=self._notes, usage=self._usage
        )
        return last, failure

    def _failure(self, *, has_unknown: bool) -> Failure | None:
        if self.refusal is not None:
            return None  # What it stands for depends on what was asked.
        if not self.is_answer:
            return BROKE_OFF if self._is_cut else _NOT_AN_ANSWER if self._is_garbage else _NO_ANSWER
        if self._finish is Finish.ERROR:
            return _BAD_FINISH
        if not self.is_confirmed:
            return BROKE_OFF
        if self._visible.is_tool_call:
            return _TOOL_AS_TEXT
        return _UNKNOWN_TOOL if has_unknown else None

    def _take_all(self, events: Iterable[ServerEvent]) -> None:
        for event in events:
            if self.is_over:
                return
            try:
                self._take(event)
            except RecursionError:
                self._is_garbage = True

    def _take(self, event: ServerEvent) -> None:
        data = event.data.strip()
        if data.lstrip("\"'")[: len(DONE)].upper() == DONE:
            self.is_confirmed = self.is_over = True
            return
        objects = objects_in(data)
        if event.name == "error" or any(map(is_error, objects)):
            self._take_error(event, objects)
            return
        if data and not objects:
            self._is_garbage = True
            self._is_cut = event.framed or data.startswith("{") or "data:".startswith(data)
        for one in objects:
            self._take_object(one)

    def _take_error(self, event: ServerEvent, objects: list[dict[str, Any]]) -> None:
        for one in objects:
            if one.get("choices"):
                self._take_object(one)
        if not self.is_confirmed or self._finish is Finish.ERROR:
            body = objects[0] if len(objects) == 1 else event.data
            self.refusal = read_refusal(None, body)
            self.is_confirmed = False
        self.is_over = True

    def _take_object(self, one: dict[str, Any]) -> None:
        if isinstance(one.get("id"), str):
            self._id = self._id or one["id"]
        self._usage = usage_of(one) or self._usage
        choice = self._first.of(one)
        if choice is None:
            self._is_garbage = self._is_garbage or not ("choices" in one or one.get("usage"))
            return
        self.is_answer = True
        self._usage = usage_of(choice) or self._usage
        said = read_choice(choice)
        if choice is one and one.get("done") is True:
            said.reason = one.get("done_reason") or Finish.STOP.value
        finish = finish_of(said.reason)
        self._take_said(said, is_all=said.is_message and finish is not None)
        if finish is not None:
            self._finish = finish.worse(self._finish)
            self.is_confirmed = True

    def _take_said(self, said: Said, *, is_all: bool) -> None:
        text = self._new_part(clean(said.text), is_all=is_all)
        if text:
            self._raw.append(text)
            self._raw_size += len(text)
            self._text.append(self._visible.feed(text))
        if said.thinks or (text and self._visible.is_thinking):
            self._notes[THOUGHT] = True
        if said.calls and self._calls.add(said.calls):
            self._notes[PROGRESS] = True
        if said.extra is not None:
            self._notes = {**said.extra, **self._notes}

    def _new_part(self, text: str, *, is_all: bool) -> str:
        """What is new in a text that may be the whole answer once more."""
        if not is_all or not text or len(text) < self._raw_size - MOST_TRIMMED:
            return text
        before = "".join(self._raw)
        return "" if before.strip() == text.strip() else text.removeprefix(before)

    def _next_chunk(self) -> Fields | None:
        text = "".join(self._text)
        if not text and not self._notes:
            return None
        made = chunk(self._id, text, notes=self._notes)
        self._text, self._notes = [], {}
        return made
