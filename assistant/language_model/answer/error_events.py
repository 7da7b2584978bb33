"""Whether an object in an answer's stream reports an error: each service has its own way. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_ERROR_FIELD = re.compile(r"(?:\w{1,20}_)?(?:error|exception)s?", re.IGNORECASE)
_KINDS = ("object", "type", "status")
_BAD_KINDS = ("error", "failed", "failure")
_SENTENCES = ("message", "msg", "detail", "status_msg", "error_msg", "error_message", "errmsg")
_CODES = ("code", "status_code", "statusCode", "error_code", "errcode")
_GOOD_CODES = (None, "", 0, 200, "0", "200", "ok", "success")


def is_error(one: Mapping[str, Any]) -> bool:
    """Whether an object reports an error. One that has choices does only if they, or it, have one."""
    if one.get("error") or one.get("errors"):
        return True
    if choices := one.get("choices"):
        found = choices if isinstance(choices, list) else [choices]
        return any(isinstance(choice, dict) and choice.get("error") for choice in found)
    if any(one.get(name) == kind for name in _KINDS for kind in _BAD_KINDS):
        return True
    if any(value and _ERROR_FIELD.fullmatch(name) for name, value in one.items()):
        return True
    inner = [value for value in one.values() if isinstance(value, dict)]
    return any(map(_says_what_went_wrong, [one, *inner])) or bool(one.get("detail"))


def _says_what_went_wrong(fields: Mapping[str, Any]) -> bool:
    if not any(isinstance(fields.get(name), str) and fields[name] for name in _SENTENCES):
        return False
    if len(fields) == 1 or fields.get("success") is False:
        return True
    status = fields.get("status")
    if isinstance(status, int) and status >= 400:
        return True
    return any(fields.get(name) not in _GOOD_CODES for name in _CODES)
