"""Puts tool calls together, whose pieces services number, name and cut in many ways. Pure."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any


def _new_id() -> str:
    return f"call_{uuid.uuid4().hex[:24]}"


@dataclass(eq=False)
class _Call:
    id: str
    given_id: str
    index: object
    name: str = ""
    arguments: list[str] = field(default_factory=list)
    extra: dict[str, Any] | None = None


class ToolCalls:
    """The tool calls of an answer.

    A piece belongs to the call that has its id; without an id, to the newest with its index; without
    both, to the newest. A piece with a name begins a call of its own if that one is whole.
    """

    def __init__(self, new_id: Callable[[], str] = _new_id) -> None:
        """There are none yet.

        Args:
            new_id: Makes the ids of calls that come without one.
        """
        self._new_id = new_id
        self._calls: list[_Call] = []

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
        named = [call for call in self._calls if call.name]
        known = [call for call in named if call.name in offered]
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
        return calls, len(known) < len(named)

    def _add(self, piece: Mapping[str, Any]) -> None:
        function = piece.get("function")
        # The older field has both at the top.
        function = function if isinstance(function, dict) else piece
        name = function.get("name")
        name = name if isinstance(name, str) else ""
        call = self._call_of(piece, name)
        call.name = call.name or name
        _extend(call.arguments, function.get("arguments"))
        if isinstance(extra := piece.get("extra_content"), dict):
            call.extra = extra

    def _call_of(self, piece: Mapping[str, Any], name: str) -> _Call:
        call_id, index = piece.get("id"), piece.get("index")
        if isinstance(call_id, str) and call_id:
            found = next((call for call in reversed(self._calls) if call.given_id == call_id), None)
            if found is None:
                return self._begin(call_id, index)
            if name and found.name and _begins_another(found, name, piece):
                # Some give all calls one id.
                return self._begin(call_id, index, own_id=self._new_id())
            return found
        same_index = (call for call in reversed(self._calls) if index in (None, call.index))
        found = next(same_index, None)
        if found is None or (name and found.name and _begins_another(found, name, piece)):
            return self._begin("", index, own_id=self._new_id())
        return found

    def _begin(self, given_id: str, index: object, own_id: str = "") -> _Call:
        call = _Call(own_id or given_id, given_id, index)
        self._calls.append(call)
        return call


def _begins_another(call: _Call, name: str, piece: Mapping[str, Any]) -> bool:
    """Whether a piece with a name and without an id is another call, and not more of the same."""
    if name != call.name:
        return True
    function = piece.get("function")
    arguments = function.get("arguments") if isinstance(function, dict) else None
    return bool(arguments) and _is_whole("".join(call.arguments))


def _is_whole(arguments: str) -> bool:
    try:
        return isinstance(json.loads(arguments), dict)
    except (ValueError, RecursionError):
        return False


def _extend(arguments: list[str], piece: object) -> None:
    if isinstance(piece, str):
        arguments.append(piece)
    elif isinstance(piece, dict) and piece:
        arguments[:] = [json.dumps(piece, ensure_ascii=False)]
