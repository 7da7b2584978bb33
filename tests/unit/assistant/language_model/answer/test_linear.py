"""Reading takes twice the steps for twice the answer, whatever it is: a room must not stop others."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from assistant.language_model.answer import thoughts
from assistant.language_model.answer.server_events import EventReader
from assistant.language_model.answer.thought_marks import closing_of
from assistant.language_model.answer.visible_text import VisibleText
from tests.unit.assistant.language_model.answer.splits import Answer, T, said, sse


def calls_in(run: Callable[[], object]) -> int:
    """How many functions are called, and generators resumed."""
    count = 0

    def note(frame: FrameType, event: str, arg: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(before)
    return count


class CountingPattern:
    """A pattern that counts the characters which it is given to look at."""

    looked = 0

    def __init__(self, pattern: Any) -> None:
        self._pattern = pattern

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def look(text: str, start: int = 0) -> Any:
            CountingPattern.looked += len(text) - start
            return getattr(self._pattern, name)(text, start)

        return look


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], int]:
    """Counts the characters that the search for thoughts looks at."""
    for name in ("ASIDE", "ASIDE_AFTER_THOUGHT", "LONE_CLOSING", "OPENING", "_NOTHING_VISIBLE"):
        monkeypatch.setattr(thoughts, name, CountingPattern(getattr(thoughts, name)))
    monkeypatch.setattr(thoughts, "closing_of", lambda mark: CountingPattern(closing_of(mark)))

    def count(run: Callable[[], object]) -> int:
        CountingPattern.looked = 0
        run()
        return CountingPattern.looked

    return count


TEXTS = [
    *("a ", "<", " ", "\n", "`", "`</think>` ", "<think>", "<think></think>", "</think>", "</s>"),
    *("<|message|>", "<|start|>assistant", "<tool_call>", "◁", "[/THINK", "\u200b"),
    "analysis <|channel|>",
]


def seen(text: str, step: int) -> Callable[[], object]:
    def run() -> None:
        visible = VisibleText(may_call=True)
        for start in range(0, len(text), step):
            visible.feed(text[start : start + step])
        visible.end(keeps_open=True)

    return run


@pytest.mark.parametrize("begin", ["", "Hi ", "<think>", "\u200b"])
@pytest.mark.parametrize("text", TEXTS)
def test_text(text: str, begin: str, counted: Callable[[Callable[[], object]], int]) -> None:
    for step, size in ((1, 1_500), (10**6, 12_000)):
        times = size // len(text)
        once, twice = seen(begin + text * times, step), seen(begin + text * (2 * times), step)
        assert counted(twice) <= 2.2 * counted(once) + 10_000
        assert calls_in(twice) <= 2.2 * calls_in(once) + 1_000


def numbered_call(number: int) -> dict[str, Any]:
    function = {"name": "look", "arguments": "{}"}
    return said({"tool_calls": [{"id": f"a{number}", "index": number, "function": function}]})


def more_of_a_call(_: int) -> dict[str, Any]:
    return said({"tool_calls": [{"id": "a", "function": {"name": "look", "arguments": "{x}"}}]})


BODIES: dict[str, Callable[[int], object]] = {
    "text": lambda _: T("a"),
    "calls": numbered_call,
    "a call": more_of_a_call,
    "messages": lambda _: {"choices": [{"message": {"content": "a"}, "finish_reason": "length"}]},
    "choices": lambda number: {"choices": [{"index": number, "delta": {"content": "a"}}]},
    "garbage": lambda _: b"oops",
}


@pytest.mark.parametrize("each", BODIES.values(), ids=BODIES)
def test_events(each: Callable[[int], object]) -> None:
    once, twice = (sse(*map(each, range(300 * times))) for times in (1, 2))
    for step in (100, 10**6):

        def run(body: bytes, step: int = step) -> Callable[[], object]:
            pieces = [body[at : at + step] for at in range(0, len(body), step)]
            return lambda: Answer(pieces, ["look"])

        assert calls_in(run(twice)) <= 2.2 * calls_in(run(once)) + 500


@pytest.mark.parametrize(
    "line",
    [
        b"data: a\n",
        b"data: {}\n",
        b"foo: bar\n",
        b"{\n",
        b"\n",
        b"\r",
        b"a",
        b'["a",\n',
        b'{"a":\n',
    ],
)
def test_lines(line: bytes) -> None:
    def run(times: int) -> Callable[[], object]:
        def read() -> None:
            reader = EventReader()
            for _ in range(300 * times):
                list(reader.feed(line))
            reader.end()

        return read

    assert calls_in(run(2)) <= 2.2 * calls_in(run(1)) + 100


@pytest.mark.parametrize(
    "line", ['["a",\n', '{"a":\n', '{"a": 1}\n', '"', "{", "1 ", "\\", '"\\"\n']
)
def test_json_that_is_none(line: str) -> None:
    def run(times: int) -> Callable[[], object]:
        return lambda: Answer([(line * (100 * times)).encode()])

    assert calls_in(run(2)) <= 2.2 * calls_in(run(1)) + 500
