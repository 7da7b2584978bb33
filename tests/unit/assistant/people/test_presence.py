"""What clients see of the agent's state."""

from __future__ import annotations

import asyncio
from typing import cast

from livekit import rtc
from livekit.agents import AgentSession, AgentStateChangedEvent

from assistant.people.presence import DELAY, PULSE_DELAYS, PULSE_LENGTH, SENDING_LIMIT, Presence
from tests.unit.assistant.doubles import ADA, RoomDouble
from tests.virtual_time import run_in_virtual_time


class SessionDouble(rtc.EventEmitter[str]):
    """A session's state."""

    agent_state = "listening"

    def change(self, state: str) -> None:
        event = AgentStateChangedEvent.model_validate(
            {"old_state": self.agent_state, "new_state": state}
        )
        self.agent_state = state
        self.emit("agent_state_changed", event)

    @property
    def session(self) -> AgentSession[None]:
        return cast("AgentSession[None]", self)


async def settle() -> None:
    await asyncio.sleep(PULSE_DELAYS[-1] + PULSE_LENGTH + 1)


PULSES = ["thinking", "listening"] * len(PULSE_DELAYS)


def test_it_pulses_after_joining_and_for_each_newcomer() -> None:
    async def main() -> None:
        room, session = RoomDouble(), SessionDouble()
        presence = Presence(room.room, session.session)
        await settle()
        assert room.states == ["listening", *PULSES]
        for event in ["participant_connected", "participant_active"]:
            room.emit(event, ADA)
            await settle()
        assert room.states == ["listening", *PULSES * 3]
        await presence.aclose()

    run_in_virtual_time(main())


def test_a_crowd_that_arrives_together_is_pulsed_for_as_one() -> None:
    async def main() -> None:
        room, session = RoomDouble(), SessionDouble()
        presence = Presence(room.room, session.session)
        await settle()
        for _ in range(20):
            room.emit("participant_connected", ADA)
        await settle()
        assert room.states == ["listening", *PULSES * 2]
        await presence.aclose()

    run_in_virtual_time(main())


def test_a_newcomer_right_after_another_is_pulsed_for_too() -> None:
    async def main() -> None:
        room, session = RoomDouble(), SessionDouble()
        presence = Presence(room.room, session.session)
        await settle()
        room.emit("participant_connected", ADA)
        await asyncio.sleep(0.4)
        room.emit("participant_connected", ADA)
        await settle()
        assert room.states == ["listening", *PULSES * 3]
        await presence.aclose()

    run_in_virtual_time(main())


def test_it_does_not_pulse_while_the_agent_is_busy() -> None:
    async def main() -> None:
        room, session = RoomDouble(), SessionDouble()
        presence = Presence(room.room, session.session)
        await settle()
        session.change("speaking")
        room.emit("participant_connected", ADA)
        await settle()
        assert room.states == ["listening", *PULSES, "speaking"]
        await presence.aclose()

    run_in_virtual_time(main())


def test_a_state_that_changes_during_the_pulse_is_what_remains() -> None:
    async def main() -> None:
        room, session = RoomDouble(), SessionDouble()
        presence = Presence(room.room, session.session)
        await asyncio.sleep(PULSE_DELAYS[0] + PULSE_LENGTH / 2)
        session.change("speaking")
        await settle()
        assert room.states[-1] == "speaking"
        assert "idle" not in room.states
        await presence.aclose()

    run_in_virtual_time(main())


def test_it_shows_the_state_again_after_a_reconnection() -> None:
    async def main() -> None:
        room, session = RoomDouble(), SessionDouble()
        presence = Presence(room.room, session.session)
        await settle()
        room.emit("reconnected")
        await settle()
        assert room.states == ["listening", *PULSES, "listening"]
        await presence.aclose()

    run_in_virtual_time(main())


def test_after_aclose_nothing_listens() -> None:
    async def main() -> None:
        room, session = RoomDouble(), SessionDouble()
        presence = Presence(room.room, session.session)
        await settle()
        await presence.aclose()
        shown = list(room.states)
        room.emit("participant_connected", ADA)
        session.change("thinking")
        await settle()
        assert room.states == shown

    run_in_virtual_time(main())


def test_it_says_that_it_thinks_only_when_that_takes_a_moment() -> None:
    async def main() -> None:
        room, session = RoomDouble(), SessionDouble()
        presence = Presence(room.room, session.session)
        await settle()
        room.states.clear()
        for thinking in (DELAY / 2, DELAY * 2):
            session.change("thinking")
            await asyncio.sleep(thinking)
            session.change("speaking")
            await asyncio.sleep(1)
        assert room.states == ["speaking", "thinking", "speaking"]
        await presence.aclose()

    run_in_virtual_time(main())


def test_a_thought_that_the_room_outlives_is_not_shown() -> None:
    async def main() -> None:
        room, session = RoomDouble(), SessionDouble()
        presence = Presence(room.room, session.session)
        await settle()
        room.states.clear()
        session.change("thinking")
        await presence.aclose()
        await settle()
        assert room.states == []

    run_in_virtual_time(main())


def test_who_is_heard_speaks_although_all_is_written() -> None:
    async def main() -> None:
        room, session, audible = RoomDouble(), SessionDouble(), [False]
        presence = Presence(room.room, session.session, lambda: audible[0])
        await settle()
        room.states.clear()
        session.change("speaking")
        await settle()
        audible[0] = True
        presence.refresh()
        session.change("listening")
        await settle()
        assert room.states == ["speaking"]
        room.emit("participant_active", ADA)
        await settle()
        assert room.states == ["speaking"], "no pulse takes the state back"
        audible[0] = False
        presence.refresh()
        await settle()
        assert room.states[-1] == "listening"
        await presence.aclose()

    run_in_virtual_time(main())


def test_it_does_not_seem_to_listen_between_its_last_written_and_its_first_spoken_word() -> None:
    async def main() -> None:
        room, session, audible = RoomDouble(), SessionDouble(), [False]
        presence = Presence(room.room, session.session, lambda: audible[0])
        await settle()
        room.states.clear()
        session.change("speaking")
        await asyncio.sleep(1)
        session.change("listening")
        await asyncio.sleep(DELAY / 2)
        audible[0] = True
        presence.refresh()
        await asyncio.sleep(1)
        audible[0] = False
        presence.refresh()
        await settle()
        assert room.states == ["speaking", "listening"]
        await presence.aclose()

    run_in_virtual_time(main())


def test_a_change_that_is_not_confirmed_does_not_hold_up_the_next_one() -> None:
    async def main() -> None:
        room, session = SlowRoom(), SessionDouble()
        presence = Presence(room.room, session.session)
        await settle()
        room.states.clear()
        room.is_slow = True
        session.change("speaking")
        await asyncio.sleep(0.01)
        session.change("listening")
        await asyncio.sleep(max(SENDING_LIMIT, DELAY) + 0.01)
        assert room.states == ["speaking", "listening"]
        await presence.aclose()

    run_in_virtual_time(main())


class SlowRoom(RoomDouble):
    """A room of which the server takes a change, and does not confirm it."""

    is_slow = False

    async def set_attributes(self, attributes: dict[str, str]) -> None:
        await super().set_attributes(attributes)
        if self.is_slow:
            await asyncio.sleep(5)


def test_what_is_shown_already_is_not_sent_again() -> None:
    async def main() -> None:
        room, session, audible = RoomDouble(), SessionDouble(), [False]
        presence = Presence(room.room, session.session, lambda: audible[0])
        await settle()
        room.states.clear()
        session.change("speaking")
        await asyncio.sleep(1)
        audible[0] = True
        presence.refresh()
        await asyncio.sleep(1)
        assert room.states == ["speaking"]
        await presence.aclose()

    run_in_virtual_time(main())
