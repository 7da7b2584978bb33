"""Makes log records neutral: a filter for the handlers, so that no logger is left out.

Records of this project follow its rule, that what is private is in fields ``lk.pii.*``: these go, and
what exceptions say. Of others' records only that remains which is known to be neutral: text that stands
in the code, numbers, and a few fields.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

from worker.devstack.paths import PROJECT

from .exceptions import HIDDEN, describe_exception, format_exception
from .messages import known_part

PRIVATE = "pii"
"""The part of a field's dotted name that marks it as private, as livekit-agents does."""

NEUTRAL_FIELDS = frozenset(
    [
        "agent_name",
        "assignment_id",
        "blocking_line",
        "cause",
        "code",
        "deployment",
        "dispatch_id",
        "elapsed",
        "executor",
        "id",
        "job_id",
        "kind",
        "label",
        "llm",
        "loop",
        "method",
        "model",
        "network",
        "node",
        "protocol",
        "provider",
        "reason",
        "region",
        "room",
        "room_id",
        "room_sid",
        "speech_id",
        "state",
        "status",
        "subdomain",
        "task",
        "tool_name",
        "type",
        "url",
        "version",
        "worker_id",
    ]
)
"""Fields of other loggers whose texts are no participant's: what a job, a room or a worker is called."""

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_DONE = "_is_neutral"

_TOKEN = re.compile(r"eyJ[\w-]{8,}(?:\.[\w-]*)*|access_token=[^&\s]*")


class _Hidden(str):
    """Shown without quotes also by ``%r``."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class _Values(dict[str, Any]):
    """Gives a template its values by name, and shows nothing of the names to one that wants it whole."""

    def __repr__(self) -> str:
        return HIDDEN


class NeutralRecords(logging.Filter):
    """Passes every record, with nothing private in it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change a record where it is; it was made for the log alone."""
        # Those of a job's process went through the filter there, where their origin can be seen.
        if not hasattr(record, _DONE):
            try:
                neutralize(record)
            except Exception:  # noqa: BLE001  # A value failed to show itself: not the code that logged it.
                _hide_all(record)
        return True


def neutralize(record: logging.LogRecord) -> None:
    """Take out of a record whatever may be private. Call it where it was logged."""
    is_ours = _is_ours(record.pathname)
    record.msg, record.args = _message(record, is_ours=is_ours), None
    error = record.exc_info[1] if record.exc_info else None
    record.exc_text = format_exception(error) if error is not None else None
    record.exc_info = None
    for name in vars(record).keys() - _STANDARD:
        if PRIVATE in name.split("."):
            delattr(record, name)
        else:
            trusts_text = is_ours or name in NEUTRAL_FIELDS
            setattr(record, name, _neutral(getattr(record, name), trusts_text=trusts_text))
    setattr(record, _DONE, True)


def _hide_all(record: logging.LogRecord) -> None:
    """Keep of a record only that there was one, and where."""
    record.msg, record.args = HIDDEN, None
    record.exc_info = record.exc_text = None
    for name in vars(record).keys() - _STANDARD:
        delattr(record, name)
    setattr(record, _DONE, True)


def _is_ours(path: str) -> bool:
    return path.startswith(f"{PROJECT}/") and "site-packages" not in path


def _message(record: logging.LogRecord, *, is_ours: bool) -> str:
    if isinstance(record.msg, BaseException):
        return describe_exception(record.msg)
    known, is_template = (str(record.msg), True) if is_ours else known_part(record)
    message = _hide_tokens(known)
    # What was put together may hold a per cent sign: it is no template.
    if not record.args or not is_template:
        return message
    given = record.args
    args = (
        _Values({name: _neutral(value) for name, value in given.items()})
        if isinstance(given, Mapping)
        else tuple(_neutral(value) for value in given)
    )
    try:
        return message % args
    except (TypeError, ValueError, KeyError):
        return message


def _neutral(value: Any, *, trusts_text: bool = False) -> Any:
    """Return what may be shown of a value."""
    match value:
        case None | bool() | int() | float():
            return value.name if isinstance(value, Enum) else value
        case BaseException():
            return describe_exception(value)
        case type():
            return value.__qualname__
        case str() if trusts_text:
            return _hide_tokens(value)
        case list() | tuple() | set() | frozenset():
            return [_neutral(each, trusts_text=trusts_text) for each in value]
        case dict() if trusts_text:
            return {name: _neutral(each, trusts_text=True) for name, each in value.items()}
    return _Hidden(HIDDEN)


def _hide_tokens(text: str) -> str:
    return _TOKEN.sub(HIDDEN, text)
