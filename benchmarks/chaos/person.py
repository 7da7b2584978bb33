"""Somebody who asks again and again in one room, and notes what there is to be seen."""

import asyncio
from collections.abc import Callable

from livekit import rtc

from benchmarks.chaos.counting import ANSWER_LIMIT
from benchmarks.chaos.questions import ask_for, has_notice, make_word, words_whole
from benchmarks.chaos.seen import Asked, Bubble, Presence, Seen
from benchmarks.clock import now_us
from chat import ChatManager, ChatMessage

PAUSE = 1.0
"""Seconds from a whole reply to the next question."""

AGAIN_AFTER = 5.0
"""Seconds that somebody waits for a reply, after the agent has said that it was away, before asking
again: it may still come."""

AGENT = rtc.ParticipantKind.PARTICIPANT_KIND_AGENT


class Person:
    """One person. Times are seconds of the machine's clock, until `seen` is asked for."""

    def __init__(self, number: int, name: str) -> None:
        """Make a person, for the room of this number and name."""
        self._number = number
        self._seen = Seen(name)
        self._room = rtc.Room()
        self._chat = ChatManager(self._room)
        self._bubbles: dict[tuple[str | None, str], Bubble] = {}
        self._noticed: set[tuple[str | None, str]] = set()
        self._changed = asyncio.Event()
        self._room.on("participant_connected", self._note_arrival)
        self._room.on("participant_disconnected", self._note_departure)
        self._chat.on("message_added", self._note_text)
        self._chat.on("message_updated", self._note_text)
        self._chat.on("message_deleted", self._note_deletion)

    async def join(self, url: str, token: str, limit: float) -> str | None:
        """Join, and get a first reply, which is not counted.

        Returns:
            What did not come within ``limit`` seconds, or None.
        """
        await self._room.connect(url, token)
        for participant in self._room.remote_participants.values():
            self._note_arrival(participant)
        if not await self._until(self._has_agent, limit):
            return f"no agent in {self._seen.room}"
        word = make_word(self._number, 0)
        await self._chat.send_message(ask_for(word))
        if not await self._until(lambda: self._is_answered(word), limit):
            return f"no first reply in {self._seen.room}"
        return None

    async def ask_until(self, ends_at: float) -> None:
        """Ask one question after the other, and wait for the reply to the last one."""
        number, instead_of = 0, None
        # The agent does not know yet that the first reply has no further word.
        await asyncio.sleep(PAUSE)
        # What was told to be asked again is, also when the time is over.
        while now_us() / 1e6 < ends_at + (ANSWER_LIMIT if instead_of else 0.0):
            number += 1
            asked = Asked(now_us() / 1e6, make_word(self._number, number), instead_of)
            self._seen.asked.append(asked)
            self._noticed.clear()
            await self._chat.send_message(ask_for(asked.word))
            instead_of = await self._wait_for_reply(asked.word)
            await asyncio.sleep(PAUSE)

    async def leave(self, since: float) -> Seen:
        """Leave, and say what was seen, with times from this moment on."""
        self._seen.until = now_us() / 1e6
        self._room.off("participant_disconnected", self._note_departure)
        await self._chat.aclose()
        await self._room.disconnect()
        self._seen.bubbles = list(self._bubbles.values())
        return self._seen.counted_from(since)

    async def _wait_for_reply(self, word: str) -> str | None:
        """Wait for a reply; return the word if it is to be asked for again."""
        ends_at = now_us() / 1e6 + ANSWER_LIMIT
        if await self._until(lambda: self._is_answered(word) or bool(self._noticed), ANSWER_LIMIT):
            left = min(AGAIN_AFTER, ends_at - now_us() / 1e6)
            # One that has begun again is waited for as long as any other.
            while not await self._until(lambda: self._is_answered(word), left):
                left = min(AGAIN_AFTER, ends_at - now_us() / 1e6)
                if left <= 0 or not self._is_growing():
                    return word
        return None

    def _is_answered(self, word: str) -> bool:
        return any(word in bubble.whole_at for bubble in self._bubbles.values())

    def _is_growing(self) -> bool:
        grew_at = self._seen.grew_at
        return bool(grew_at) and now_us() / 1e6 - grew_at[-1] < 1

    def _has_agent(self) -> bool:
        return any(presence.until is None for presence in self._seen.presences)

    async def _until(self, is_so: Callable[[], bool], limit: float) -> bool:
        try:
            async with asyncio.timeout(max(limit, 0.0)):
                while not is_so():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return is_so()
        return True

    def _note_arrival(self, participant: rtc.RemoteParticipant) -> None:
        known = {each.sid for each in self._seen.presences if each.until is None}
        if participant.kind == AGENT and participant.sid not in known:
            self._seen.presences.append(Presence(participant.sid, now_us() / 1e6))
            self._changed.set()

    def _note_departure(self, participant: rtc.RemoteParticipant) -> None:
        for presence in self._seen.presences:
            if presence.sid == participant.sid and presence.until is None:
                presence.until = now_us() / 1e6

    def _note_text(self, message: ChatMessage) -> None:
        if message.is_local:
            return
        at, text = now_us() / 1e6, message.message or ""
        key = (message.participant_identity, message.id)
        bubble = self._bubbles.setdefault(key, Bubble(""))
        if text != bubble.text:
            bubble.text = text
            self._seen.grew_at.append(at)
        for word in words_whole(text):
            bubble.whole_at.setdefault(word, at)
        if has_notice(text):
            self._noticed.add(key)
        self._changed.set()

    def _note_deletion(self, message: ChatMessage) -> None:
        self._bubbles.pop((message.participant_identity, message.id), None)
