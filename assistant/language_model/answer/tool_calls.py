"""Puts tool calls together, whose pieces services number, name and cut in many ways. Pure."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from .sendable import sendable

MOST_LOOKS = 16
"""How often it is looked whether a call's arguments are complete, which takes as long as they are."""


def _new_id() -> str:
    return f"call_{uuid.uuid4().hex[:24]}"


@dataclass(eq=False)
class _Call:
    id: str
    name: str = ""
    arguments: list[str] = field(default_factory=list)
    extra: dict[str, Any] | None = None
    looks_left: int = MOST_LOOKS

    def is_whole(self) -> bool:
        """Whether its arguments are complete; what is not by then is taken for whole no more."""
        may_be = bool(self.arguments) and self.arguments[-1].rstrip().endswith("}")
        if not may_be or not self.looks_left:
            return False
        self.looks_left -= 1
        try:
            return isinstance(json.loads("".join(self.arguments)), dict)
        except (ValueError, RecursionError):
            return False


class ToolCalls:
    """The tool calls of an answer.

    A piece belongs to the call that has its id; without such a call, to the newest with its index;
    without both, to the newest. A piece with a name begins a call if its id is new, or that one is whole.
    """

    def __init__(self, new_id: Callable[[], str] = _new_id) -> None:
        """There are none yet.

        Args:
            new_id: Makes the ids of calls that come without one.
        """
        self._new_id = new_id
        self._calls: list[_Call] = []
        self._by_id: dict[str, _Call] = {}
        self._by_index: dict[int | str, _Call] = {}

    def add(self, pieces: object) -> bool:
        """Take the pieces that a delta has. Returns whether there were any.

        Args:
            pieces: What stands in the place of ``tool_calls``: a list, or a single one.
        """
        found = pieces if isinstance(pieces, list) else [pieces]
        objects = [piece for piece in found if isinstance(piece, dict)]
        for piece in objects:
            self._add(piece)
        return bool(objects)

    def complete(self, offered: Collection[str]) -> tuple[list[dict[str, Any]], bool]:
        """The calls of tools that were offered, and whether there were others."""
        known = [call for call in self._calls if call.name in offered]
        others = [call for call in self._calls if call.name not in offered]
        calls = [
            {
                "index": index,
                "id": call.id,
                "name": call.name,
                "arguments": "".join(call.arguments).strip() or "{}",
                "extra_content": call.extra,
            }
            for index, call in enumerate(known)
        ]
        return calls, any(call.name or call.arguments for call in others)

    def _add(self, piece: Mapping[str, Any]) -> None:
        function = piece.get("function")
        # The older field has both at the top.
        function = function if isinstance(function, dict) else piece
        name = function.get("name")
        name = name.strip() if isinstance(name, str) else ""
        call = self._call_of(piece, name)
        call.name = call.name or name
        _extend(call.arguments, function.get("arguments"))
        call.extra = sendable(piece.get("extra_content")) or call.extra

    def _call_of(self, piece: Mapping[str, Any], name: str) -> _Call:
        given_id, index = piece.get("id"), piece.get("index")
        given_id = given_id if isinstance(given_id, str) else ""
        index = index if isinstance(index, (int, str)) else None
        found = self._by_id.get(given_id)
        if found is None and not (given_id and name):
            # Some give each piece an id of its own.
            found = self._newest_of(index, is_named=bool(name))
        if found is None or (name and found.name and _begins_another(found, name, piece)):
            # Some give all calls one id, and a request can have no odd one.
            takes_id = given_id.isascii() and given_id.isprintable() and found is None
            found = _Call(given_id if given_id and takes_id else self._new_id())
            self._calls.append(found)
        if given_id:
            self._by_id[given_id] = found
        if index is not None:
            self._by_index[index] = found
        return found

    def _newest_of(self, index: int | str | None, *, is_named: bool) -> _Call | None:
        if index is not None and (is_named or self._by_index):
            return self._by_index.get(index)
        return self._calls[-1] if self._calls else None


def _begins_another(call: _Call, name: str, piece: Mapping[str, Any]) -> bool:
    """Whether a piece with a name and without an id is another call, and not more of the same."""
    if name != call.name:
        return True
    function = piece.get("function")
    arguments = function.get("arguments") if isinstance(function, dict) else None
    return bool(arguments) and call.is_whole()


def _extend(arguments: list[str], piece: object) -> None:
    if isinstance(piece, str) and piece:
        arguments.append(piece)
    elif isinstance(piece, dict) and piece:
        arguments[:] = [json.dumps(piece, ensure_ascii=False)]
