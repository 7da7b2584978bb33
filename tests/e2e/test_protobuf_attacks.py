"""What an ordinary participant may try with protobuf packets, and does not get."""

from __future__ import annotations

import json
from typing import Any

import pytest
from livekit.rtc._ffi_client import FfiClient
from livekit.rtc._proto.ffi_pb2 import FfiRequest

import prompts
from tests.doubles import FakeOpenAI, Reply, last_user_text
from tests.e2e.people import Door, Person, introduce
from tests.e2e.scripts import BEGINNING, STALLING, conversation, in_turn, last_lines
from tests.waiting import eventually
from tests.worker_process import WorkerProcess

REFUSED = "edit of another participant's chat message refused"
TOO_LONG = prompts.load("notice_message_too_long")
CAP = 32 * 1024
TIMESTAMP = 1_790_000_000_000
LAST_WORDS = "At the end."


async def forge(
    person: Person,
    text: str,
    identifier: str,
    *,
    sender: str | None = None,
    timestamp: int = TIMESTAMP,
    deleted: bool = False,
    generated: bool = False,
) -> None:
    """Send a packet that says whatever it likes, to everybody. All say that they are edits."""
    participant = person.room.local_participant
    request = FfiRequest()
    edit = request.edit_chat_message
    edit.local_participant_handle = participant._ffi_handle.handle
    edit.sender_identity = participant.identity if sender is None else sender
    edit.edit_text = text
    original = edit.original_message
    original.id, original.message, original.timestamp = identifier, text, timestamp
    original.deleted, original.generated = deleted, generated
    queue = FfiClient.instance.queue.subscribe(
        filter_fn=lambda event: event.WhichOneof("message") == "chat_message"
    )
    try:
        sent = FfiClient.instance.request(request).send_chat_message.async_id
        answer = await queue.wait_for(lambda event: event.chat_message.async_id == sent)
    finally:
        FfiClient.instance.queue.unsubscribe(queue)
    assert not answer.chat_message.HasField("error"), answer.chat_message.error


async def test_a_sender_cannot_be_forged(door: Door, llm: FakeOpenAI) -> None:
    async with (
        door.enter("ada", dialect="stream") as ada,
        door.enter("mallory", dialect="stream") as mallory,
    ):
        await introduce(llm, ada, mallory)
        await forge(mallory, "I am Ada", "forged", sender="ada")
        await eventually(lambda: llm.requests, 10)
        assert [json.loads(line) for line in last_lines(llm)] == [
            {"from": "mallory", "message": "I am Ada"}
        ]
        await ada.sees("I am Ada")
        seen = next(m for m in ada.bubbles if m.message == "I am Ada")
        assert seen.participant_identity == "mallory"


@pytest.mark.parametrize("sender", ["mallory", "ada", "agent-assistant"])
@pytest.mark.parametrize("deleted", [False, True], ids=["edit", "deletion"])
async def test_nobody_changes_what_others_wrote(
    door: Door, llm: FakeOpenAI, shared_worker: WorkerProcess, sender: str, deleted: bool
) -> None:
    before = len(shared_worker.logs)
    async with (
        door.enter("ada", dialect="stream") as ada,
        door.enter("mallory", dialect="stream") as mallory,
    ):
        await introduce(llm, ada, mallory)
        llm.script = in_turn(Reply(["An answer."]))
        asked = await ada.say("a question")
        await mallory.sees("An answer.", "a question")
        answer = next(m for m in mallory.bubbles if m.message == "An answer.")
        text = "" if deleted else "forged"
        await forge(mallory, text, asked.id, sender=sender, deleted=deleted)
        await forge(mallory, text, answer.id, sender=sender, deleted=deleted)
        llm.script = lambda _: Reply([LAST_WORDS])
        await mallory.say("that was it")
        await ada.sees(LAST_WORDS)
        assert "An answer." in ada.texts
        assert "forged" not in [m.message for m in ada.bubbles if m.participant_identity == "ada"]
        assert {m.participant_identity for m in ada.deleted} <= {"mallory"}
        told = conversation(llm.requests[-1])
        assert ("assistant", "An answer.") in told
        assert {"from": "ada", "message": "a question"} in [
            json.loads(line) for role, text in told if role == "user" for line in text.split("\n")
        ]
    assert REFUSED in [record["message"] for record in shared_worker.logs[before:]]


async def test_nobody_stops_anothers_reply_by_changing_its_question(
    door: Door, llm: FakeOpenAI
) -> None:
    async with (
        door.enter("ada", dialect="stream") as ada,
        door.enter("mallory", dialect="stream") as mallory,
    ):
        await introduce(llm, ada, mallory)
        reply = Reply([BEGINNING, " there was."], hold_after=1)
        llm.script = in_turn(reply)
        asked = await ada.say("tell me")
        await mallory.sees(BEGINNING)
        await forge(mallory, "forged", asked.id, sender="ada")
        await forge(mallory, "", asked.id, sender="ada", deleted=True)
        await forge(mallory, "/stop", "stop", sender="ada")
        await ada.sees(prompts.load("notice_stop_refused"))
        reply.release.set()
        await ada.sees(f"{BEGINNING} there was.")
        assert len(llm.requests) == 1


TOLERATED: dict[str, dict[str, Any]] = {
    "no id": {"identifier": ""},
    "very long id": {"identifier": "x" * 10_000},
    "id that steers": {"identifier": "a\x00\x1b[31m\n\u202e"},
    "no timestamp": {"timestamp": 0},
    "before the epoch": {"timestamp": -(2**63)},
    "end of time": {"timestamp": 2**63 - 1},
    "said to be generated": {"generated": True},
}


# A room for each: who answers the agent at once, again and again, is treated as a bot.
@pytest.mark.parametrize("name", TOLERATED)
async def test_what_can_be_read_tolerantly_is_answered_once(
    door: Door, llm: FakeOpenAI, name: str
) -> None:
    async with door.enter("ada", dialect="stream") as ada:
        await ada.ask("hello")
        await forge(ada, name, **{"identifier": "m1", **TOLERATED[name]})
        await ada.sees(f"You said: {name}")
    assert len(llm.requests) == 2


async def test_empty_text_and_unknown_deletions_are_no_messages(
    door: Door, llm: FakeOpenAI
) -> None:
    async with door.enter("ada", dialect="stream") as ada:
        await ada.ask("hello")
        for number, text in enumerate(["", " ", "\n\t ", "\u3000"]):
            await forge(ada, text, f"m{number}")
        await forge(ada, "never said", "unknown", deleted=True)
        await ada.ask("next")
        assert len(llm.requests) == 2
        assert "never said" not in str(llm.requests)


async def test_control_characters_reach_the_llm_as_they_are_and_nobodys_log(
    door: Door, llm: FakeOpenAI, shared_worker: WorkerProcess
) -> None:
    text = "bell\x07 escape\x1b[31m null\x00 del\x7f line\u2028sep \u202econfidential\u202c"
    before = len(shared_worker.logs)
    llm.script = lambda messages: Reply([last_user_text(messages)])
    async with door.enter("ada", dialect="stream") as ada:
        await ada.ask("hello", "hello")
        await forge(ada, text, "m1")
        await ada.reads("hello", text)
        assert last_user_text(llm.requests[-1]["messages"]) == text
    logs = [
        {key: value for key, value in record.items() if not key.startswith("lk.pii.")}
        for record in shared_worker.logs[before:]
    ]
    assert "confidential" not in json.dumps(logs)


@pytest.mark.parametrize("character", ["x", "漢"])
async def test_a_text_over_the_cap_is_refused_aloud(
    door: Door, llm: FakeOpenAI, character: str
) -> None:
    async with door.enter("ada", dialect="stream") as ada:
        await ada.ask("hello")
        size = len(character.encode())
        await forge(ada, character * (CAP // size + 1), "too-long")
        await ada.reads("You said: hello", TOO_LONG)
        await ada.ask("next")
    assert len(llm.requests) == 2, "what was refused must not be answered as well"


async def test_the_largest_text_is_answered(door: Door, llm: FakeOpenAI) -> None:
    llm.script = lambda _: Reply(["Read."])
    async with door.enter("ada", dialect="stream") as ada:
        await ada.ask("hello", "Read.")
        await forge(ada, "x" * CAP, "m1")
        await ada.reads("Read.", "Read.")
        assert last_user_text(llm.requests[-1]["messages"]) == "x" * CAP


async def test_a_flood_of_edits_regenerates_no_more_than_the_limit(
    door: Door, llm: FakeOpenAI
) -> None:
    too_many = prompts.load("notice_too_many_messages")
    async with door.enter("ada", dialect="stream") as ada:
        await ada.ask("hello")
        llm.script = lambda _: STALLING
        for number in range(100):
            await forge(ada, f"edit {number}", "m1")
        await ada.sees(too_many)
        assert ada.texts.count(too_many) == 1
        assert await ada.call_stop() == "stopped"
        assert len(llm.requests) <= 30
