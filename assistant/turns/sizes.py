"""How much of a request a text takes, and what is left of one that takes too much. No I/O."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Iterable

import prompts


def json_bytes(text: str) -> int:
    """Bytes of a text as a JSON string in UTF-8, as requests carry it: with its quotes and escapes."""
    return len(json.dumps(text, ensure_ascii=False).encode(errors="surrogatepass"))


def fair_share(sizes: Iterable[int], most: int) -> int:
    """The size to which the largest are to be cut, so that all together have `most` at most.

    What is smaller than its share leaves the rest of it to the others.
    """
    left, ascending = most, sorted(sizes)
    for position, size in enumerate(ascending):
        share = left // (len(ascending) - position)
        if size > share:
            return max(share, 0)
        left -= size
    return most


def shorten(text: str, most: int, measure: Callable[[str], int] = json_bytes) -> str:
    """Leave out the middle of a text that is too long, and say so in its place.

    Args:
        text: What is too long.
        most: The size that may remain. What says so remains in any case.
        measure: The size of a text that begins and ends like this one; it grows with each character.
    """

    def size(kept: int) -> int:
        return measure(_without_middle(text, kept))

    kept = bisect_right(range(min(len(text) // 2, most) + 1), most, key=size) - 1
    return _without_middle(text, max(kept, 0))


def _without_middle(text: str, kept: int) -> str:
    return f"{text[:kept]}\n({prompts.load('note_shortened')})\n{text[len(text) - kept :]}"
