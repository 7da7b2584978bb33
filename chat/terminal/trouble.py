"""Explains connection errors in one line for the user. No I/O."""

from __future__ import annotations

import re

from livekit import rtc

from chat.printable import printable_line

from .credentials import Credentials

_TOKEN = re.compile(r"eyJ[\w.-]+")
_LAYERS = re.compile(r"^(?:engine|signal failure|transport connection error|IO error): ")

_REASONS = {
    rtc.DisconnectReason.DUPLICATE_IDENTITY: "Another client joined with your identity.",
    rtc.DisconnectReason.SERVER_SHUTDOWN: "The LiveKit server was shut down.",
    rtc.DisconnectReason.PARTICIPANT_REMOVED: "You were removed from the room.",
    rtc.DisconnectReason.ROOM_DELETED: "The room was closed.",
    rtc.DisconnectReason.ROOM_CLOSED: "The room was closed.",
}


def explain_refusal(error: str, credentials: Credentials) -> str:
    """Say why connecting failed; the token, which the SDK's own text quotes, is left out."""
    url = credentials.url
    if "Connection refused" in error:
        return f"Nothing is listening at {url}. Is the LiveKit server running?"
    if "401" in error:
        return f"The LiveKit server at {url} rejected the token. Check {credentials.source}."
    if "404" in error:
        return f"The server at {url} is not a LiveKit server."
    if "failed to lookup address" in error:
        return f"Host of {url} not found."
    if "failed to parse the url" in error:
        return f"{url!r} is not the URL of a LiveKit server, such as wss://example.com."
    return f"Could not connect to {url}: {_innermost(error)}."


def explain_disconnection(reason: rtc.DisconnectReason.ValueType) -> str:
    """Say why the room was lost."""
    return _REASONS.get(reason, "The connection to the LiveKit server was lost.")


def _innermost(error: str) -> str:
    text = _TOKEN.sub("(token)", error)
    while (shorter := _LAYERS.sub("", text)) != text:
        text = shorter
    return printable_line(text).rstrip(".")
