"""What is wrong with a setting's value and what is allowed, in plain words. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import ErrorDetails

LONGEST_QUOTE = 40
"""Characters of a wrong value that are shown."""

_NUMBERS = {"integer": "a whole number", "number": "a number"}


def explain(schema: Mapping[str, Any], variable: str, error: ErrorDetails) -> str:
    """Return a line that names the variable, its value unless it is secret, and what is allowed.

    Args:
        schema: The setting's JSON schema.
        variable: Its name in the environment.
        error: What pydantic says of the value.
    """
    # What may be missing is a choice of something and null.
    choices = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    allowed = _allowed(choices[0]) or error["msg"]
    if any(choice.get("writeOnly") for choice in choices):
        return f"{variable} is wrong: {allowed}"
    return f"{variable} is {quote(error['input'])}: {allowed}"


def _allowed(schema: Mapping[str, Any]) -> str | None:
    """Say what the schema allows; None where it does not tell."""
    if "enum" in schema:
        return "must be one of " + ", ".join(map(str, schema["enum"]))
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
            return f", {least} or more"
        case None, _:
            return f", {most} or less"
    return f" from {least} to {most}"


def quote(value: object) -> str:
    """Return a value as it is shown to whoever set it."""
    text = str(value)
    return repr(text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}…")
