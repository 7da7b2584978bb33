"""The options that a dispatch sets for its room, in the job's metadata.

Metadata is an application's own and may be anything. Only a JSON object is looked at, and of it only the
keys that begin with ``chat.``. Those that are not understood are named in a warning.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from enum import Enum
from typing import Any

from chat import Dialect

from .options import RoomOptions, VoiceMode
from .turns.overlap import Overlap

PREFIX = "chat."
"""What all keys begin with, followed by the name of an option in `RoomOptions`."""

CHOICES: Mapping[str, type[Enum]] = {
    "dialect": Dialect,
    "overlap": Overlap,
    "voice": VoiceMode,
}
"""The options that a job can choose, and from what."""

CONVERSATION = "conversation"
"""The option that is any text: which conversation goes on in the room, see `RoomOptions`."""

logger = logging.getLogger(__name__)


def options_for_job(options: RoomOptions, metadata: str) -> RoomOptions:
    """Put what a job's metadata chooses in the place of what was chosen for all rooms."""
    chosen: dict[str, Any] = {}
    for key, value in _fields(metadata).items():
        name = key.removeprefix(PREFIX)
        if name == key:
            continue
        if name == CONVERSATION:
            chosen.update(_conversation(key, value))
            continue
        if (choices := CHOICES.get(name)) is None:
            known = sorted(PREFIX + option for option in (*CHOICES, CONVERSATION))
            logger.warning("unknown key in job metadata", extra={"key": key, "known": known})
            continue
        try:
            chosen[name] = choices(value)
        except ValueError:
            known = [choice.value for choice in choices]
            logger.warning("unknown value in job metadata", extra={"key": key, "known": known})
    return replace(options, **chosen)


def _conversation(key: str, value: object) -> dict[str, str]:
    if isinstance(value, str):
        return {CONVERSATION: value}
    logger.warning("unknown value in job metadata", extra={"key": key, "known": ["any text"]})
    return {}


def _fields(metadata: str) -> dict[str, Any]:
    try:
        fields = json.loads(metadata)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}
