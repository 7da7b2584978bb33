"""Where long texts are cut, and that nothing is lost there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.sending import boundaries, splitting
from chat.sending.splitting import (
    FENCE_SHARE,
    PART_BYTES,
    Splitter,
    part_id,
    written_bytes,
)
from tests.unit.chat.sending.parts import split

FAMILY = "👩‍👩‍👧‍👦"
ALPHABET = [
    *"ab ",
    "\n",
    "\n\n",
    ". ",
    "é",
    "e\u0301",
    "漢",
    "。",
    FAMILY,
    "🇯🇵",
    "👍🏽",
    "क्षि",
    "\r\n",
    "\t",
    "`",
    "~",
    "word ",
    "A sentence. ",
]
CODE = ["```\n", "\n```\n", "```py\n", "~~~\n", "    x = 1\n", "````md\n", "\n````\n"]
texts = st.lists(st.sampled_from(ALPHABET), max_size=120).map("".join)
markdown = st.lists(st.sampled_from([*ALPHABET, *CODE]), max_size=120).map("".join)
limits = st.integers(1, 120)

HOSTILE = [
    *".!?…\"'”)。\uff01\uff1f」` ~\n\t\r\\\x01\x1f\u0301\u200d\u200b\u2028\u0600\u1100\u093f",
    *("🇯", "👩", "🏽", "漢", "a", "```\n", "~~~\n", "```py\n", "\n\n", "\n \n", "``", '."', "\r\n"),
]
hostile = st.lists(st.tuples(st.sampled_from(HOSTILE), st.integers(1, 400)), max_size=8).map(
    lambda runs: "".join(piece * times for piece, times in runs)
)
"""Few characters in long runs, as a model repeats itself or somebody asks it to."""


def size(text: str) -> int:
    return len(text.encode())


def without_space(text: str) -> str:
    return "".join(text.split())


def graphemes(text: str) -> list[str]:
    return [g for g in regex.findall(r"\X", text) if not g.isspace()]


def fence_left_open(text: str) -> str | None:
    """The marks of a code fence that is open at the end, read line by line."""
    marks: str | None = None
    for line in text.split("\n"):
        match = re.fullmatch(r" {0,3}(`{3,}|~{3,})([^\n]*)", line)
        if match is None or (match[1][0] == "`" and "`" in match[2]):
            continue
        if marks is None:
            marks = match[1]
        elif match[1][0] == marks[0] and len(match[1]) >= len(marks) and not match[2].strip():
            marks = None
    return marks


@pytest.mark.parametrize("text", ["", " ", "hi", "x" * PART_BYTES, "é" * (PART_BYTES // 2)])
def test_a_short_text_is_its_only_part(text: str) -> None:
    assert split(text) == [text]


@settings(deadline=None)
@given(texts, limits)
def test_nothing_but_space_at_cuts_is_lost(text: str, limit: int) -> None:
    if "```" in text or "~~~" in text:
        return
    parts = split(text, limit)
    assert without_space("".join(parts)) == without_space(text)
    for part in parts:
        assert part in text


@settings(deadline=None)
@given(markdown, limits)
def test_each_part_keeps_to_the_limit_and_none_is_blank(text: str, limit: int) -> None:
    parts = split(text, limit)
    for part in parts:
        # A single character may be more.
        assert size(part) <= max(limit, 4)
        assert written_bytes(part) <= max(limit, 6)
    assert len(parts) == 1 or all(part.strip() for part in parts)


@settings(deadline=None)
@given(hostile, st.integers(6, 300))
def test_nothing_of_a_hostile_text_is_lost_and_no_part_is_too_long_as_json(
    text: str, limit: int
) -> None:
    parts = split(text, limit)
    assert all(written_bytes(part) <= limit for part in parts)
    assert len(parts) == 1 or all(part.strip() for part in parts)
    if "```" not in text and "~~~" not in text:
        assert without_space("".join(parts)) == without_space(text)


@settings(deadline=None)
@given(
    st.lists(st.one_of(hostile, st.sampled_from([*ALPHABET, *CODE])), max_size=20),
    st.integers(1, 300),
)
def test_a_text_that_grows_is_split_as_if_it_had_come_at_once(
    pieces: list[str], limit: int
) -> None:
    splitter, text = Splitter(limit), ""
    for piece in pieces:
        text += piece
        assert parts_by(splitter, text) == split(text, limit)


@settings(deadline=None)
@given(st.lists(st.one_of(hostile, markdown), max_size=6), st.integers(1, 300), st.data())
def test_a_text_that_is_replaced_is_split_as_if_it_were_the_first(
    texts: list[str], limit: int, data: st.DataObject
) -> None:
    splitter, earlier = Splitter(limit), ""
    for text in texts:
        text = earlier[: data.draw(st.integers(0, len(earlier)))] + text
        assert parts_by(splitter, text) == split(text, limit)
        earlier = text


def parts_by(splitter: Splitter, text: str) -> list[str]:
    parts: list[str] = []
    while (part := splitter.part(text, len(parts))) is not None:
        parts.append(part)
    return parts


class Steps:
    """The characters that were looked at, once for each look."""

    count = 0

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count what the functions that look at characters are given."""
        functions = [
            (splitting, "written_bytes"),
            (splitting, "open_fence"),
            (splitting, "last_grapheme_end"),
            (boundaries, "_ends_grapheme"),
        ]
        patches = [patch.object(m, name, self._counting(getattr(m, name))) for m, name in functions]
        patches.append(patch.object(boundaries, "_Scan", self._counting_scan()))
        for each in patches:
            each.start()
        try:
            yield
        finally:
            for each in patches:
                each.stop()

    def _counting(self, function: Any) -> Any:
        def count(text: str, *arguments: Any) -> Any:
            # The end of a grapheme is seen from two characters.
            self.count += 2 if function.__name__ == "_ends_grapheme" else len(text)
            return function(text, *arguments)

        return count

    def _counting_scan(self) -> Any:
        steps = self

        class CountingScan(boundaries._Scan):
            def take(self, char: str, end: int) -> None:
                steps.count += 1
                super().take(char, end)

        return CountingScan


SEARCHES = 60
"""Looks at a character at most: a dozen to find how much fits, for parts of which each character may
have six bytes as JSON, and a few to find a good place."""


@pytest.mark.parametrize("piece", [*HOSTILE, "word ", '"\\', "🇯🇵", "e\u0301", "a" + "\u0301" * 90])
def test_a_hostile_text_is_split_in_steps_that_grow_with_its_length_alone(piece: str) -> None:
    for length in (5_000, 10_000, 20_000):
        text, steps = (piece * length)[:length], Steps()
        with steps.counted():
            split(text, 500)
        assert steps.count <= SEARCHES * length


@pytest.mark.parametrize("piece", HOSTILE)
def test_what_was_cut_is_not_looked_at_again_when_the_text_grows(piece: str) -> None:
    limit, step, length = 500, 20, 20_000
    text, steps, splitter = (piece * length)[:length], Steps(), Splitter(limit)
    with steps.counted():
        for end in range(0, length, step):
            parts_by(splitter, text[:end])
    # Each time the rest, which may still be the last part, is looked at.
    assert steps.count <= SEARCHES * length + 2 * (limit + 1) * (length // step)


@settings(deadline=None)
@given(texts, st.integers(40, 120))
def test_no_grapheme_is_cut(text: str, limit: int) -> None:
    if "```" in text or "~~~" in text:
        return
    assert [g for part in split(text, limit) for g in graphemes(part)] == graphemes(text)


@settings(deadline=None)
@given(markdown, st.integers(160, 400))
def test_every_part_but_the_last_closes_its_code(text: str, limit: int) -> None:
    text = text * 5
    parts = split(text, limit)
    for part in parts[:-1]:
        assert fence_left_open(part) is None
    if fence_left_open(text) is None and text.rstrip() == text:
        assert fence_left_open(parts[-1]) is None


@settings(deadline=None)
@given(markdown, st.lists(st.sampled_from([*ALPHABET, *CODE]), max_size=40), limits)
def test_a_text_that_grows_keeps_its_parts_but_the_last(
    text: str, more: list[str], limit: int
) -> None:
    parts = split(text, limit)
    for piece in more:
        text += piece
        grown = split(text, limit)
        assert grown[: len(parts) - 1] == parts[:-1]
        parts = grown


def test_code_is_opened_again_with_its_language() -> None:
    code = "\n".join(f"line {n}" for n in range(40))
    parts = split(f"Look:\n\n```python\n{code}\n```\nDone.", 160)
    assert len(parts) > 2
    for part in parts[1:-1]:
        assert part.startswith("```python\n")
        assert part.endswith("\n```")
    assert parts[-1].endswith("```\nDone.")
    lines = [line for part in parts for line in part.split("\n") if line.startswith("line")]
    assert "\n".join(lines) == code


def test_backticks_in_a_line_are_no_fence() -> None:
    text = "```inline``` code\n" + "word " * 100
    assert all(part.count("```") in (0, 2) for part in split(text, 100))
    assert without_space("".join(split(text, 100))) == without_space(text)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("a" * 60 + "\n\n" + "b" * 10 + "\n" + "c. " + "d " * 40, "a" * 60),
        ("a" * 60 + "\n" + "b" * 10 + ". " + "c " * 40, "a" * 60),
        ("a" * 60 + ". " + "b c " * 40, "a" * 60 + "."),
        ("a" * 60 + " " + "b" * 200, "a" * 60),
        ("漢" * 25 + "。" + "字" * 40, "漢" * 25 + "。"),
        ("a" * 200, "a" * 100),
    ],
)
def test_the_best_place_to_cut_is_taken(text: str, first: str) -> None:
    assert split(text, 100)[0] == first


@pytest.mark.parametrize(
    "text",
    [
        "e" + "\u0301" * 500,
        FAMILY * 100,
        "🇯🇵" * 100,
        "`" * 500,
        "~" * 500 + "\ncode",
        "```" + "x" * 500 + "\ncode\n" * 50,
        "```py\n" + "\n" * 500,
        "```py\n" + "e" + "\u0301" * 500,
        " " * 500,
        "\r\n" * 300,
        "\n\n" * 300 + "end",
        "```\n" * 200,
        "~~~\n```\n" * 100,
        "😀" * 100,
    ],
    ids=lambda text: repr(text[:12]),
)
@pytest.mark.parametrize("limit", [1, 2, 5, 16, 64, 100])
def test_whatever_the_text_it_comes_to_an_end(text: str, limit: int) -> None:
    parts = split(text, limit)
    assert all(size(part) <= max(limit, 4) for part in parts)
    if fence_left_open(text) is None and "```" not in text:
        assert without_space("".join(parts)) == without_space(text)


def test_flags_are_not_paired_anew_at_a_cut() -> None:
    text = "🇯🇵🇩🇪" * 2000
    assert all(size(part) % 8 == 0 for part in split(text))
    assert "".join(split(text)) == text


def test_a_fence_too_large_to_repeat_is_not_repeated() -> None:
    marks = "`" * (int(100 * FENCE_SHARE) + 3)
    parts = split(f"{marks}\n" + "word " * 100, 100)
    assert sum(part.count(marks) for part in parts) == 1


def test_parts_have_ids_of_their_own_and_the_first_the_messages() -> None:
    assert [part_id("m", index) for index in range(3)] == ["m", "m-2", "m-3"]
