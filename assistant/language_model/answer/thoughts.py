"""Takes thoughts out of an answer's text. Pure: no clock, no I/O."""

from __future__ import annotations

import re

from assistant.language_model.chunks import WITHDRAWN
from chat import is_blank

from .code_spans import CodeSpans
from .thought_marks import (
    ASIDE,
    ASIDE_AFTER_THOUGHT,
    LONE_CLOSING,
    LONGEST_MARK,
    OPENING,
    closing_of,
    is_ending,
    may_become_opening,
    unfinished_mark,
)

_NOTHING_VISIBLE = re.compile(r"[\s\u200b\u2060\ufeff]*")
_PIECE = 4_096
_AROUND_A_NAME = " \t\"'()[]\u201c\u201d\u2018\u2019«»,;:.!?*_"


class ThoughtFilter:
    """Passes on what is the answer.

    Only a mark that opens the answer begins a thought: elsewhere it is something that the answer
    speaks of. A lone closing mark shows that all before it was a thought, as the prompt's template
    had opened it: `chunks.WITHDRAWN` says so. In code, or as a word of a sentence, it is none.
    """

    def __init__(self) -> None:
        """Nothing has come yet."""
        self.is_thinking = False
        """Whether a thought is open."""
        self.has_thought = False
        """Whether there was a thought."""
        self._answers = False
        self._held = ""
        self._thought: list[str] = []
        self._passed: list[str] = []
        self._withdrawn = ""
        self._closing: re.Pattern[str] = OPENING
        self._searched = ""
        self._spans = CodeSpans()
        self._before = "\n"

    def feed(self, text: str) -> str:
        """The part of the answer that is certain with the next piece of text."""
        if len(text) <= _PIECE:
            return self._feed(text)
        # What is left of a piece is copied at each mark in it.
        pieces = (text[at : at + _PIECE] for at in range(0, len(text), _PIECE))
        return "".join(map(self._feed, pieces))

    def _feed(self, text: str) -> str:
        passed = []
        while text or not self._answers:
            if self.is_thinking:
                text = self._think(text)
                if self.is_thinking:
                    break
            elif not self._answers:
                text = self._open(text)
                if not (self._answers or self.is_thinking):
                    break
            else:
                piece, text = self._pass_on(text)
                passed.append(piece)
                if not self.has_thought:
                    self._passed.append(piece)
                if not text and self._answers:
                    break
        return "".join(passed)

    def end(self, *, keeps_open: bool) -> str:
        """What was held back, at the end of the answer.

        Args:
            keeps_open: Whether a thought that nothing closed, or that nothing follows, is shown: then
                it was no thought, or there is nothing else to show.
        """
        if self.is_thinking:
            return "".join(self._thought) if keeps_open else ""
        rest = self._rest()
        return self._withdrawn if keeps_open and is_blank(rest) and self._withdrawn else rest

    def _rest(self) -> str:
        held, self._held = self._held, ""
        if is_ending(held, after_thought=self.has_thought):
            return ""
        is_closing = LONE_CLOSING.fullmatch(held.strip()) is not None
        return "" if is_closing and not self._spans.inside else held

    def _open(self, text: str) -> str:
        """Look for a mark at the beginning. Returns what is to be looked at next."""
        self._held += text
        aside = ASIDE_AFTER_THOUGHT if self.has_thought else ASIDE
        while True:
            start = _NOTHING_VISIBLE.match(self._held)
            body = self._held[start.end() :] if start is not None else self._held
            mark = aside.match(body)
            if mark is None:
                break
            self._held = body[mark.end() :]
        if (mark := OPENING.match(body)) is not None:
            self._begin_thought(mark)
            rest, self._held = body[mark.end() :], ""
            return rest
        if may_become_opening(body):
            self._held = self._held[-2 * LONGEST_MARK :]
            return ""
        self._answers = True
        self._withdrawn = ""
        rest, self._held = self._held, ""
        return rest

    def _begin_thought(self, mark: re.Match[str]) -> None:
        self.is_thinking = self.has_thought = True
        self._closing = closing_of(mark)
        self._thought = [mark.group()]
        self._searched = ""

    def _think(self, text: str) -> str:
        """Look for the end of a thought. Returns what comes after it."""
        window = self._searched + text
        closing = self._closing.search(window)
        if closing is None:
            self._thought.append(text)
            self._searched = window[-LONGEST_MARK:]
            return ""
        self.is_thinking = False
        self._thought.clear()
        return window[closing.end() :]

    def _pass_on(self, text: str) -> tuple[str, str]:
        """Pass on what can be no part of a mark. Returns it, and what is to be looked at anew."""
        text, self._held = self._held + text, ""
        passed = []
        start = 0
        while not self.has_thought and (mark := LONE_CLOSING.search(text, start)) is not None:
            self._advance(text[start : mark.start()])
            if mark.end() == len(text):  # What follows decides.
                passed.append(text[start : mark.start()])
                self._held = text[mark.start() :]
                return "".join(passed), ""
            if not self._is_named(text[mark.end()]):
                self.has_thought = True
                self._answers = False
                self._withdrawn = "".join((*self._passed, text[: mark.start()]))
                self._passed.clear()
                return WITHDRAWN, text[mark.end() :]
            passed.append(text[start : mark.end()])
            self._advance(mark.group())
            start = mark.end()
        end = max(start, unfinished_mark(text))
        self._advance(text[start:end])
        self._held = text[end:]
        return "".join((*passed, text[start:end])), ""

    def _advance(self, text: str) -> None:
        self._spans.feed(text)
        self._before = text[-1:] or self._before

    def _is_named(self, after: str) -> bool:
        in_sentence = self._before in _AROUND_A_NAME and after in _AROUND_A_NAME
        return self._spans.inside or in_sentence
