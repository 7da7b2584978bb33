"""What clients see of the agent: whether it listens, thinks or speaks.

Clients show their chat box only while the attribute ``lk.agent.state`` of an agent participant is
``listening``, ``thinking`` or ``speaking``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from livekit import rtc
from livekit.agents import AgentSession, AgentStateChangedEvent
from livekit.agents.types import ATTRIBUTE_AGENT_STATE

from chat import OwnedTasks, failure_fields

logger = logging.getLogger(__name__)

PULSE_DELAYS = (0.45, 2.0, 5.0)
"""Seconds from a participant's arrival to the pulses for it. Its page has rendered the agent by the
first; the others are for a page, or a machine, that is slow."""

PULSE_GAP = 0.5
"""Seconds from one pulse to the next at least: those for a crowd are one."""

PULSE_LENGTH = 0.25
"""Seconds for which a pulse says ``thinking``."""

DELAY = 0.2
"""Seconds for which the agent must think, or listen, before it says so. Each change of the attribute is a
request to the server, which hands it to everybody: an answer that begins sooner costs one less. And
between the last word that it writes and the first that it speaks it seems to listen."""

SENDING_LIMIT = 0.5
"""Seconds for which a change waits until the one before it is confirmed: it is sent by then. Now and then
no confirmation comes, for one that changes nothing above all, and the SDK waits for 5 seconds."""


class Presence:
    """Publishes a session's state as the local participant's attribute.

    components-react 2.9.20, which the LiveKit playground uses, sees only changes of the state after
    it has rendered the agent: one that listens already would never get a chat box. So the state
    pulses for each newcomer, ``thinking`` and back, but only while the agent listens. It never
    passes through ``idle``, which would take the chat box away and the text being typed with it.
    """

    def __init__(
        self,
        room: rtc.Room,
        session: AgentSession[None],
        is_speaking: Callable[[], bool] = lambda: False,
    ) -> None:
        """Start publishing. The room must be connected before the first state is shown.

        Args:
            room: Where.
            session: Writes the replies.
            is_speaking: Whether people hear the agent, which goes on when all is written. Call
                `refresh` when that changes.
        """
        self._room = room
        self._session = session
        self._is_speaking = is_speaking
        self._wanted: str = self._state
        self._sent = ""
        self._changed = asyncio.Event()
        self._pulse_due = asyncio.Event()
        self._timers: set[asyncio.TimerHandle] = set()
        self._waiting: asyncio.TimerHandle | None = None
        self._tasks = OwnedTasks()
        self._tasks.spawn(self._publish(), "presence publisher")
        self._tasks.spawn(self._pulse(), "presence pulse")
        session.on("agent_state_changed", self._on_state)
        room.on("participant_connected", self._on_participant)
        room.on("participant_active", self._on_participant)
        room.on("reconnected", self._send_again)
        self._changed.set()
        self._schedule_pulses()

    async def aclose(self) -> None:
        """Stop publishing."""
        self._session.off("agent_state_changed", self._on_state)
        self._room.off("participant_connected", self._on_participant)
        self._room.off("participant_active", self._on_participant)
        self._room.off("reconnected", self._send_again)
        for timer in self._timers:
            timer.cancel()
        self._stop_waiting()
        self._tasks.cancel()
        await self._tasks.wait()

    def refresh(self) -> None:
        """Look at the state anew."""
        self._stop_waiting()
        if self._state == "speaking":
            self._show("speaking")
        else:
            loop = asyncio.get_running_loop()
            self._waiting = loop.call_later(DELAY, self._show, self._state)

    @property
    def _state(self) -> str:
        return "speaking" if self._is_speaking() else self._session.agent_state

    def _on_state(self, event: AgentStateChangedEvent) -> None:
        self.refresh()

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()

    def _on_participant(self, participant: rtc.RemoteParticipant) -> None:
        self._schedule_pulses()

    def _schedule_pulses(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._timers = {timer for timer in self._timers if timer.when() > now}
        self._timers |= {loop.call_later(delay, self._pulse_due.set) for delay in PULSE_DELAYS}

    def _show(self, state: str) -> None:
        # Each is a request to the server, and a voice tells of every sentence.
        if state != self._wanted:
            self._wanted = state
            self._changed.set()

    def _send_again(self) -> None:
        self._sent = ""
        self._changed.set()

    async def _publish(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            if self._room.isconnected() and self._wanted != self._sent:
                self._sent = self._wanted
                sending = self._tasks.spawn(self._set_attribute(self._sent), "presence")
                await asyncio.wait({sending}, timeout=SENDING_LIMIT)

    async def _set_attribute(self, state: str) -> None:
        attributes = {ATTRIBUTE_AGENT_STATE: state}
        try:
            await self._room.local_participant.set_attributes(attributes)
        except Exception as error:  # noqa: BLE001  # It is logged, without its words.
            # The next state may come through.
            self._sent = ""
            logger.error("agent state not published", extra=failure_fields(error))

    async def _pulse(self) -> None:
        while True:
            await self._pulse_due.wait()
            self._pulse_due.clear()
            if self._state == "listening":
                self._show("thinking")
                await asyncio.sleep(PULSE_LENGTH)
                self._show(self._state)
            await asyncio.sleep(PULSE_GAP)
