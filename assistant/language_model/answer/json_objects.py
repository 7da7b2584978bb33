"""The JSON objects in an event's data: one, a list of them, or some in a row. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_DECODER = json.JSONDecoder()
# Raw tabs and line breaks in a string are no JSON, and what they mean is clear.
_LENIENT = json.JSONDecoder(strict=False)
_BETWEEN = re.compile(r"(?:\s|,|data:)*")


def objects_in(data: str) -> list[dict[str, Any]]:
    """The objects of an event's data; what is no JSON is passed over, with the rest of its line.

    Raises:
        RecursionError: It is nested too deeply.
    """
    try:
        values = [_LENIENT.decode(data)]
    except ValueError:
        values = list(_values_in_a_row(data))
    found = [each for value in values for each in (value if isinstance(value, list) else [value])]
    return [each for each in found if isinstance(each, dict)]


def _values_in_a_row(data: str) -> Iterator[Any]:
    at = _next_value(data, 0)
    while at < len(data):
        try:
            value, at = _DECODER.raw_decode(data, at)
        except json.JSONDecodeError as error:
            # Nothing is read twice, whatever it is.
            at = data.find("\n", max(at, error.pos)) + 1 or len(data)
        except ValueError:
            return  # A number with thousands of digits.
        else:
            yield value
        at = _next_value(data, at)


def _next_value(data: str, at: int) -> int:
    gap = _BETWEEN.match(data, at)
    return gap.end() if gap is not None else at
