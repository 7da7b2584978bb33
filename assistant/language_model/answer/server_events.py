"""The events of a streamed answer, whatever line ends and fields it has. Pure: no clock, no I/O.

Server-sent events by the rules of the HTML standard, section 9.2.6, and what services send in their
place: events that no blank line ends, lines of JSON without a field's name, one JSON text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

EVENT_LIMIT = 1_000_000
"""Bytes of one event, of a line, and of all lines that belong to no event."""

MOST_STRAY = 64_000
"""Bytes that are kept of lines that belong to no event, if there are events."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_IGNORED = frozenset({b"id", b"retry"})


class TooLargeError(Exception):
    """An event has more than `EVENT_LIMIT` bytes."""


@dataclass(frozen=True)
class ServerEvent:
    """One event."""

    name: str
    """Its type; empty for most."""

    data: str
    """Its data; what is no UTF-8 is replaced by U+FFFD."""

    framed: bool = True
    """Whether it came as a server-sent event; else as a bare line, or as the whole body."""


class EventReader:
    """Reads events out of bytes, however these are cut into pieces."""

    def __init__(self) -> None:
        """Nothing has come yet."""
        self._rest: list[bytes] = []
        self._begun = False
        self._skips_line_feed = False
        self._is_framed = False
        self._name = ""
        self._data: list[bytes] = []
        self._stray: list[bytes] = []
        self._sizes = {"rest": 0, "data": 0, "stray": 0}

    def feed(self, piece: bytes) -> Iterator[ServerEvent]:
        """The events that are complete with the next piece; all are to be taken.

        Raises:
            TooLargeError: What came of an event is too much already.
        """
        if self._skips_line_feed and piece[:1] == b"\n":
            piece = piece[1:]
            self._skips_line_feed = False
        if not piece:
            return
        self._skips_line_feed = piece[-1:] == b"\r"
        if b"\n" not in piece and b"\r" not in piece:
            self._rest.append(piece)
            self._count("rest", len(piece))
            return
        block = b"".join((*self._rest, piece))
        lines = block.splitlines()
        self._rest = [] if block[-1:] in (b"\n", b"\r") else [lines.pop()]
        self._sizes["rest"] = 0
        for line in lines:
            yield from self._take(line)
        self._count("rest", sum(map(len, self._rest)))

    def end(self) -> list[ServerEvent]:
        """The events that the end of the body completes: services forget the last blank line."""
        events = self._take(b"".join(self._rest)) if self._rest else []
        self._rest = []
        events += self._dispatch()
        if self._stray:
            events.append(ServerEvent("", _text(b"\n".join(self._stray)), framed=False))
            self._stray = []
        return events

    def _take(self, line: bytes) -> list[ServerEvent]:
        if not self._begun:
            self._begun = True
            line = line.removeprefix(_BYTE_ORDER_MARK)
        if not line:
            return self._dispatch()
        field, _, value = line.partition(b":")
        if field == b"data":
            events = self._dispatch() if self._begins_another(value) else []
            self._is_framed = True
            self._data.append(value.removeprefix(b" "))
            self._count("data", len(value))
            return events
        if field == b"event":
            self._name = _text(value).strip()
            return []
        return [] if not field or field in _IGNORED else self._take_stray(line)

    def _begins_another(self, value: bytes) -> bool:
        """Whether a line of data is no more of the event: no JSON has a brace closed, and one opened."""
        return (
            bool(self._data)
            and self._data[-1].rstrip().endswith(b"}")
            and value.lstrip().startswith((b"{", b"[DONE"))
        )

    def _take_stray(self, line: bytes) -> list[ServerEvent]:
        stripped = line.strip()
        is_whole = stripped.startswith((b"{", b"[DONE")) and stripped.endswith((b"}", b"]"))
        if is_whole and (self._is_framed or not self._stray):
            return [ServerEvent("", _text(stripped), framed=False)]
        if self._is_framed and self._sizes["stray"] > MOST_STRAY:
            return []  # Fields that nobody knows: there are events, and no other body.
        self._stray.append(line)
        self._count("stray", len(line))
        return []

    def _dispatch(self) -> list[ServerEvent]:
        name, data = self._name, b"\n".join(self._data)
        self._name, self._data = "", []
        self._sizes["data"] = 0
        return [ServerEvent(name, _text(data))] if name or data.strip() else []

    def _count(self, what: str, size: int) -> None:
        self._sizes[what] += size + 1
        if self._sizes[what] > EVENT_LIMIT:
            raise TooLargeError


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
