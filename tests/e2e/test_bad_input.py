"""What must not harm a room: each test ends with a message that is answered."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

import prompts
from tests.doubles import FakeOpenAI, Reply, last_user_text
from tests.e2e.people import ANSWER_LIMIT, TOPIC_JSON, TOPIC_JSON_UPDATE, Door
from tests.waiting import eventually
from tests.worker_process import WorkerProcess

TOO_LONG = prompts.load("notice_message_too_long")
UNREADABLE = prompts.load("notice_message_unreadable")
CAP = 32 * 1024
SECRET = "confidential"


NO_MESSAGES = [
    b"",
    b"\x00\xff\xfe",
    b"confidential but not JSON",
    b"[" * 14_000,
    b'"confidential"',
    b"[]",
    b"null",
    b"{}",
    b'{"message": null}',
    b'{"message": 42, "id": "a"}',
    b'{"message": {"confidential": 1}, "id": "a"}',
    b'{"message": ["confidential"]}',
    b'{"id": "a", "timestamp": 1}',
]


@pytest.mark.parametrize("topic", [TOPIC_JSON, TOPIC_JSON_UPDATE])
async def test_what_is_no_message_is_ignored_with_one_warning_each(
    door: Door, llm: FakeOpenAI, shared_worker: WorkerProcess, topic: str
) -> None:
    before = len(shared_worker.logs)
    async with door.enter_with_json() as bob:
        for payload in NO_MESSAGES:
            await bob.send(payload, topic)
        await bob.say("next")
        await bob.reads("You said: next")
    assert len(llm.requests) == 1
    logs = shared_worker.logs[before:]
    warnings = [r for r in logs if r["message"] == "unreadable chat packet ignored"]
    assert len(warnings) == len(NO_MESSAGES)
    assert SECRET not in json.dumps(logs)


TOLERATED: list[dict[str, Any]] = [
    {"id": "a"},
    {"timestamp": 1_790_000_000_000},
    {"id": "b", "timestamp": 10**400},
    {"id": "c", "timestamp": -1},
    {"id": "d", "timestamp": "yesterday"},
    {"id": "e", "timestamp": None},
    {"id": "f", "timestamp": True},
    {"id": "g", "timestamp": 1e300},
    {"id": 42, "timestamp": 1},
    {"id": "", "timestamp": 1},
    {"id": "x" * 10_000, "timestamp": 1},
    {"id": "h", "timestamp": 1, "deleted": "no", "ignoreLegacy": "maybe"},
    {"id": "i", "timestamp": 1, "sender": "agent-assistant", "extra": [1]},
]


# A room for each: who answers the agent at once, again and again, is treated as a bot.
@pytest.mark.parametrize("fields", TOLERATED, ids=range(len(TOLERATED)))
async def test_what_can_be_read_tolerantly_is_answered(
    door: Door, llm: FakeOpenAI, fields: dict[str, Any]
) -> None:
    async with door.enter_with_json() as bob:
        await bob.send({**fields, "message": "hi"})
        await eventually(lambda: list(bob.texts.values()) == ["You said: hi"], ANSWER_LIMIT)


async def test_empty_text_is_no_message(door: Door, llm: FakeOpenAI) -> None:
    async with door.enter_with_json() as bob, door.enter("ada", dialect="stream") as ada:
        for text in ["", " ", "\n\t ", "\u3000"]:
            await bob.say(text)
            await ada.room.local_participant.send_text(text, topic="lk.chat")
        await ada.ask("next")
        assert len(llm.requests) == 1


async def test_a_lone_surrogate_becomes_a_replacement_character(
    door: Door, llm: FakeOpenAI
) -> None:
    async with door.enter_with_json() as bob:
        await bob.send(b'{"id": "a", "message": "half \\ud83d", "timestamp": 1}')
        await bob.reads("You said: half \ufffd")


async def test_json_over_the_cap_is_refused_aloud(door: Door, llm: FakeOpenAI) -> None:
    async with door.enter_with_json() as bob:
        await bob.say("x" * (CAP + 1))
        await bob.reads(TOO_LONG)
        await bob.say("next", "m2")
        await bob.reads(TOO_LONG, "You said: next")
    assert len(llm.requests) == 1, "what was refused must not be answered as well"


async def test_a_stream_over_the_cap_is_refused_aloud(door: Door, llm: FakeOpenAI) -> None:
    async with door.enter("ada", dialect="stream") as ada:
        await ada.room.local_participant.send_text("x" * (CAP + 1), topic="lk.chat")
        await ada.reads(TOO_LONG)
        await ada.ask("next")
    assert len(llm.requests) == 1, "what was refused must not be answered as well"


async def test_the_largest_message_is_answered(door: Door, llm: FakeOpenAI) -> None:
    llm.script = lambda _: Reply(["Read."])
    text = "x" * CAP
    async with door.enter("ada", dialect="stream") as ada:
        await ada.ask(text, "Read.")
        assert last_user_text(llm.requests[0]["messages"]) == text


async def test_a_stream_without_end_is_cut_off(door: Door, llm: FakeOpenAI) -> None:
    async with door.enter("ada", dialect="stream") as ada:
        writer = await ada.room.local_participant.stream_text(topic="lk.chat")
        for _ in range(20):
            await writer.write("endless " * 1_000)
        await ada.reads(TOO_LONG)
        for _ in range(20):
            await writer.write("endless " * 1_000)
        await ada.say("next")
        await ada.reads(TOO_LONG, "You said: next")
        await writer.aclose()
        await ada.ask("after its end")
        assert len(llm.requests) == 2


@pytest.mark.parametrize("text", ["", "half a sent"], ids=["before any text", "after some text"])
async def test_a_stream_that_breaks_off_is_refused_aloud(
    door: Door, llm: FakeOpenAI, text: str
) -> None:
    async with door.enter("ada", dialect="stream") as ada:
        writer = await ada.room.local_participant.stream_text(topic="lk.chat")
        if text:
            await writer.write(text)
        await writer.aclose(reason="aborted")
        await ada.reads(UNREADABLE)
        await ada.say("next")
        await ada.reads(UNREADABLE, "You said: next")
        assert len(llm.requests) == 1, "half a message must not be answered"


async def test_too_many_open_streams_are_refused_aloud(door: Door, llm: FakeOpenAI) -> None:
    async with door.enter("ada", dialect="stream") as ada:
        participant = ada.room.local_participant
        writers = [await participant.stream_text(topic="lk.chat") for _ in range(12)]
        await ada.reads(UNREADABLE)
        for writer in writers:
            await writer.aclose()
        await ada.ask("next")


async def test_bytes_on_the_chat_topic_harm_nothing(door: Door, llm: FakeOpenAI) -> None:
    async with door.enter("ada", dialect="stream") as ada:
        writer = await ada.room.local_participant.stream_bytes("image.png", topic="lk.chat")
        await writer.write(os.urandom(2_000))
        await writer.aclose()
        await ada.ask("next")


async def test_a_flood_of_rubbish_is_one_line_and_the_room_goes_on(
    door: Door, llm: FakeOpenAI
) -> None:
    async with door.enter_with_json("bob") as bob:
        for number in range(100):
            await bob.send(b"rubbish")
            await bob.send({"id": str(number), "message": "x" * (CAP + 1), "timestamp": 1})
        await bob.say("next", "last")
        await eventually(lambda: "You said: next" in bob.texts.values(), 15)
        assert list(bob.texts.values()).count(TOO_LONG) <= 3
