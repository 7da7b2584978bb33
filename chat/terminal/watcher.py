"""Turns the events of a room and its chat into the terminal's own events."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from livekit import rtc

from chat import ChatMessage, RejectedMessage, TranscriptReader

from .events import (
    Deleted,
    Disconnected,
    Entered,
    Event,
    Joined,
    Left,
    Person,
    Reconnected,
    Reconnecting,
    Refused,
    StateChanged,
    Warned,
    Wrote,
)
from .manager import Manager
from .trouble import explain_disconnection

AGENT_STATE = "lk.agent.state"
"""The attribute in which an agent publishes what it is doing."""

UNDELIVERED = "chat message not delivered"
"""What is logged in the chat package when a message was given up."""


def watch(room: rtc.Room, chat: Manager, tell: Callable[[Event], None]) -> None:
    """Call `tell` with everything that happens from now on; call it before connecting."""
    chat.on("message_added", lambda message: tell(_written(message)))
    chat.on("message_updated", lambda message: tell(_written(message)))
    chat.on("message_deleted", lambda message: tell(Deleted(_author(message), message.id)))
    chat.on("message_rejected", lambda message: tell(_refused(message)))
    room.on("participant_connected", partial(_announce, tell))
    room.on("participant_disconnected", lambda participant: tell(Left(person(participant))))
    room.on("participant_attributes_changed", partial(_report_state, tell))
    room.on("reconnecting", lambda: tell(Reconnecting()))
    room.on("reconnected", lambda: tell(Reconnected()))
    room.on("disconnected", lambda reason: tell(Disconnected(explain_disconnection(reason))))


def watch_voices(room: rtc.Room, tell: Callable[[Event], None]) -> TranscriptReader:
    """Call `tell` with what people say; call it after `watch`. Close what is returned."""
    return TranscriptReader(room, lambda message: tell(replace(_written(message), spoken=True)))


def look_around(room: rtc.Room, tell: Callable[[Event], None]) -> None:
    """Tell who is in the room that was just entered, and what the agents among them are doing."""
    participants = list(room.remote_participants.values())
    tell(Entered(room.name, tuple(person(participant) for participant in participants)))
    for participant in participants:
        _report_state(tell, participant.attributes, participant)


def person(participant: rtc.Participant) -> Person:
    """Describe a participant."""
    return Person(
        identity=participant.identity,
        name=participant.name,
        agent=participant.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT,
        own=isinstance(participant, rtc.LocalParticipant),
    )


class WarningTeller(logging.Handler):
    """Reports messages that could not be delivered: only the log says so, which is not shown."""

    def __init__(self, tell: Callable[[Event], None]) -> None:
        super().__init__(logging.WARNING)
        self.addFilter(lambda record: record.getMessage() == UNDELIVERED)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        """Tell the static message; the values beside it may be personal, and are left out."""
        self._tell(Warned(record.getMessage()))


def _announce(tell: Callable[[Event], None], participant: rtc.RemoteParticipant) -> None:
    tell(Joined(person(participant)))
    _report_state(tell, participant.attributes, participant)


def _report_state(
    tell: Callable[[Event], None], attributes: dict[str, str], participant: rtc.Participant
) -> None:
    if AGENT_STATE in attributes:
        tell(StateChanged(person(participant), attributes[AGENT_STATE]))


def _author(message: ChatMessage) -> Person:
    if message.participant is not None:
        return person(message.participant)
    return _stranger(message.participant_identity)


def _written(message: ChatMessage) -> Wrote:
    return Wrote(_author(message), message.id, message.message or "", message.complete)


def _refused(message: RejectedMessage) -> Refused:
    return Refused(_stranger(message.participant_identity), message.reason)


def _stranger(identity: str | None) -> Person:
    return Person(identity or "", name="")
