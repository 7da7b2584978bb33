"""Who listens in a room while neither the old nor the new agent is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import jwt
import pytest
from livekit import rtc

from tests.doubles import faked_protobuf
from tests.doubles.joining import JoiningRoom
from tests.virtual_time import run_in_virtual_time
from worker.rescue.listening import Listener

AGENT = "agent-assistant"
SECRET = "a-secret-of-the-worker-0123456789-abc"
LIMIT = 0.3


class Stage:
    """A listener, and the room that it joins. Needs a running loop."""

    def __init__(self, max_message_bytes: int | None = None, *, lets_in: bool = True) -> None:
        self.room = JoiningRoom()
        if lets_in:
            self.room.lets_in.set()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(rtc, "Room", lambda: self.room)
            self.listener = Listener("room", AGENT, max_message_bytes)

    @property
    def heard(self) -> list[tuple[str, str, str]]:
        """Who wrote what, and what it was."""
        return [
            (
                message.participant_identity or "",
                message.message or "",
                "deletion" if message.deleted else "edit" if message.edited else "message",
            )
            for message in self.listener.heard
        ]

    async def say(self, sender: str, message_id: str, text: str) -> None:
        """Let a message arrive."""
        reader = self.room.open_stream(sender, message_id)
        reader.write(text)
        reader.end()
        await settle()

    async def leave(self) -> None:
        """Let it go, once it may."""
        self.room.lets_in.set()
        self.listener.close()
        await settle()


async def settle() -> None:
    """Let everything happen that waits for nothing."""
    await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in (("URL", "ws://server"), ("API_KEY", "key"), ("API_SECRET", SECRET)):
        monkeypatch.setenv(f"LIVEKIT_{name}", value)
    with faked_protobuf():
        yield


def played(scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
    run_in_virtual_time(scene())


def test_it_joins_unseen_and_can_say_nothing() -> None:
    async def scene() -> None:
        stage = Stage()
        await stage.listener.ready(LIMIT)
        assert stage.room.connected
        ((url, token, options),) = stage.room.joins
        claims = jwt.decode(token, SECRET, algorithms=["HS256"])
        grants = claims["video"]
        assert (url, claims["sub"], claims["kind"]) == ("ws://server", f"{AGENT}-listener", "agent")
        assert (grants["room"], grants["roomJoin"], grants["hidden"]) == ("room", True, True)
        assert (grants["canSubscribe"], options.auto_subscribe) == (True, False)
        # What is not there is granted.
        for right in ("canPublish", "canPublishData", "canUpdateOwnMetadata"):
            assert grants[right] is False
        assert not grants.get("roomAdmin")
        await stage.leave()

    played(scene)


def test_it_hears_what_people_write_edit_and_delete() -> None:
    async def scene() -> None:
        stage = Stage()
        await stage.listener.ready(LIMIT)
        stage.room.join("ada")
        await stage.say("ada", "m1", "hello")
        packet = {"id": "m2", "message": "from of old", "timestamp": 1_700_000_000_000}
        edited = {**packet, "message": "better", "editTimestamp": 1_700_000_000_001}
        deleted = {**packet, "message": "", "deleted": True}
        for fields, topic in (
            (packet, "lk-chat-topic"),
            (edited, "lk-chat-update-topic"),
            (deleted, "lk-chat-update-topic"),
        ):
            stage.room.receive(fields, "ada", topic)
            await settle()
        assert stage.heard == [
            ("ada", "hello", "message"),
            ("ada", "from of old", "message"),
            ("ada", "better", "edit"),
            ("ada", "", "deletion"),
        ]
        assert [message.id for message in stage.listener.heard] == ["m1", "m2", "m2", "m2"]
        await stage.leave()

    played(scene)


def test_the_next_agent_need_not_be_told_what_it_wrote_itself() -> None:
    async def scene() -> None:
        stage = Stage()
        await stage.listener.ready(LIMIT)
        stage.room.join(AGENT, rtc.ParticipantKind.PARTICIPANT_KIND_AGENT)
        stage.room.join("ada")
        await stage.say(AGENT, "m1", "You said: hello")
        await stage.say("ada", "m2", "hello")
        assert stage.heard == [("ada", "hello", "message")]
        await stage.leave()

    played(scene)


@pytest.mark.parametrize(("most", "is_taken"), [(None, True), (10, True), (9, False)])
def test_longer_messages_than_the_agent_takes_are_not_taken(
    most: int | None, *, is_taken: bool
) -> None:
    async def scene() -> None:
        stage = Stage(most)
        await stage.listener.ready(LIMIT)
        stage.room.join("ada")
        await stage.say("ada", "m1", 10 * "a")
        assert bool(stage.heard) is is_taken
        await stage.leave()

    played(scene)


@pytest.mark.parametrize(("joins_after", "waits"), [(0.0, 0.0), (0.1, 0.1), (60.0, LIMIT)])
def test_it_is_waited_for_until_it_listens_but_not_for_long(
    joins_after: float, waits: float
) -> None:
    async def scene() -> None:
        stage = Stage(lets_in=False)
        loop = asyncio.get_running_loop()
        loop.call_later(joins_after, stage.room.lets_in.set)
        await stage.listener.ready(LIMIT)
        assert loop.time() == pytest.approx(waits)
        await asyncio.sleep(joins_after)
        # Nobody has interrupted it: it listens in the end.
        assert stage.room.connected
        await stage.leave()

    played(scene)


def test_one_that_has_not_joined_yet_leaves_when_it_has() -> None:
    async def scene() -> None:
        stage = Stage(lets_in=False)
        await settle()
        stage.listener.close()
        await asyncio.sleep(60)
        assert stage.room.left == 0
        stage.room.lets_in.set()
        await settle()
        assert (stage.room.left, stage.room.connected) == (1, False)

    played(scene)


def test_once_closed_it_hears_nothing_more_and_leaves() -> None:
    async def scene() -> None:
        stage = Stage()
        await stage.listener.ready(LIMIT)
        stage.room.join("ada")
        await stage.say("ada", "m1", "hello")
        stage.listener.close()
        await stage.say("ada", "m2", "again")
        assert stage.heard == [("ada", "hello", "message")]
        assert stage.room.left == 1
        assert stage.room.listeners == []

    played(scene)


def test_one_that_may_not_join_keeps_nobody_waiting(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        stage = Stage()
        stage.room.refuses = True
        loop = asyncio.get_running_loop()
        await stage.listener.ready(LIMIT)
        assert loop.time() == 0
        assert stage.heard == []
        await stage.leave()

    played(scene)
    (record,) = caplog.records
    assert record.message == "could not listen while the room is handed over"
