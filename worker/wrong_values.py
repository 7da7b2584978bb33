"""Explains which values a setting may have, and which one it got. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import ErrorDetails

from .time_zones import TIME_ZONE_FORMAT

LONGEST_QUOTE = 40
"""Characters of a wrong value that are shown."""

_NUMBERS = {"integer": "a whole number", "number": "a number"}


def explain(schema: Mapping[str, Any], variable: str, error: ErrorDetails) -> str:
    """Return a line that names the variable, its value unless it is secret, and what is allowed.

    Args:
        schema: The setting's JSON schema.
        variable: Its name in the environment.
        error: Pydantic's complaint about the value.
    """
    # What may be missing is a choice of something and null.
    choices = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    allowed = _allowed(choices[0]) or f"is not valid ({error['msg']})"
    complaint = f"{variable} {allowed}"
    if any(choice.get("writeOnly") for choice in choices):
        return complaint
    return f"{complaint}, got {quote(error['input'])}"


def _allowed(schema: Mapping[str, Any]) -> str | None:
    """Say what the schema allows; None if it sets no limits."""
    if "enum" in schema:
        *others, last = map(str, schema["enum"])
        return f"must be {', '.join(others)} or {last}"
    if schema.get("format") == TIME_ZONE_FORMAT:
        return "must be the name of a time zone, such as Europe/Berlin"
    if schema.get("type") == "boolean":
        return "must be true or false"
    if schema.get("type") in _NUMBERS:
        return f"must be {_NUMBERS[schema['type']]}{_range(schema)}"
    return None


def _range(schema: Mapping[str, Any]) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    match least, most:
        case None, None:
            return ""
        case _, None:
            return f" of at least {least}"
        case None, _:
            return f" of at most {most}"
    return f" from {least} to {most}"


def quote(value: object) -> str:
    """Return a value for an error message: quoted, and cut if it is long."""
    text = str(value)
    return repr(text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}…")
