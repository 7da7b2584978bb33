"""Time zones by their IANA names, such as ``Europe/Berlin``."""

from __future__ import annotations

import os
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, WithJsonSchema

TIME_ZONE_FORMAT = "time-zone"
"""The format of a time zone's name in a setting's JSON schema."""

LOCAL_TIME = "/etc/localtime"
"""Leads to the machine's time zone, in a folder of all time zones."""


def find_zone(name: str) -> ZoneInfo | None:
    """The time zone with this name; None if there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None  # Unknown, no name at all, or a folder of time zones.


def machine_zone() -> ZoneInfo | None:
    """The machine's own time zone; None if it has no name, though it has a time."""
    name = os.environ.get("TZ") or os.path.realpath(LOCAL_TIME).partition("/zoneinfo/")[2]
    return find_zone(name.removeprefix(":"))


def _check(name: str) -> str:
    if find_zone(name) is None:
        raise ValueError("unknown time zone")
    return name


TimeZoneName = Annotated[
    str, AfterValidator(_check), WithJsonSchema({"type": "string", "format": TIME_ZONE_FORMAT})
]
"""A setting that names a time zone."""
