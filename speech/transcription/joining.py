"""The texts of pieces become the text of an utterance. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import reduce

MISSING = "…"
"""Stands where a piece could not be transcribed."""

# Han, kana, Thai, Lao, Myanmar, Khmer, and the punctuation that is as wide as these letters.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3000-\u30ff\u31c0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uff9f\U00020000-\U0003ffff]"
)
_WIDE_MARK = re.compile("[\u3000-\u303f\uff00-\uff0f\uff1a-\uff20]")


def join(texts: Iterable[str | None]) -> str:
    """Join the texts of an utterance.

    Args:
        texts: What each piece says; blank for nothing, None for what could not be transcribed.

    Returns:
        The words. Where one or more texts are missing stands `MISSING`; empty if there are no words.
        A text that follows never changes those before it.
    """
    parts: list[str] = []
    for text in texts:
        words = MISSING if text is None else text.strip()
        # One mark is enough, however much of it is missing.
        if words and not (text is None and parts[-1:] == [MISSING]):
            parts.append(words)
    return reduce(_add, parts, "") if any(part != MISSING for part in parts) else ""


def _add(before: str, text: str) -> str:
    return f"{before} {text}" if before and _wants_space(before[-1], text[0]) else before + text


def _wants_space(last: str, first: str) -> bool:
    if _WIDE_MARK.match(last) or _WIDE_MARK.match(first):
        return False
    return not all(each == MISSING or _UNSPACED.match(each) for each in (last, first))
