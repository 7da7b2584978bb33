"""What people experience: a real server, a real worker, an LLM that says what it is told to."""

from __future__ import annotations

import asyncio
import re
from itertools import pairwise

from livekit import rtc

from tests.doubles import FakeOpenAI, Message, Reply, echo, last_user_text, words
from tests.e2e.hosting.rooms import replies_ended
from tests.e2e.people import TOPIC_JSON, TOPIC_JSON_UPDATE, Door, Person
from tests.e2e.scripts import conversation
from tests.waiting import eventually
from tests.worker_process import WorkerProcess

STORY = "".join(f"word{number} " for number in range(60)) + "end."


def tell_story(_: list[Message]) -> Reply:
    return Reply(words(STORY), interval=0.02)


async def test_a_reply_is_one_message_that_grows(door: Door, llm: FakeOpenAI) -> None:
    llm.script = tell_story
    async with door.enter() as ada:
        await ada.ask("tell me", STORY)
        assert len(ada.seen) > 10
        for earlier, later in pairwise(ada.seen):
            assert (later.message or "").startswith(earlier.message or "")
        author = ada.bubbles[0].participant
        assert author is not None
        assert author.name == "Assistant"
        assert author.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT


async def test_a_client_that_only_knows_json_gets_edits(door: Door, llm: FakeOpenAI) -> None:
    llm.script = tell_story
    async with door.enter_with_json() as bob:
        await bob.say("tell me")
        await bob.reads(STORY)
        topics = [topic for _, topic, _ in bob.packets]
        assert topics == [TOPIC_JSON] + [TOPIC_JSON_UPDATE] * (len(topics) - 1)
        assert len(topics) >= 3
        times = [time for time, _, _ in bob.packets[:-1]]
        assert all(b - a > 0.15 for a, b in pairwise(times))
        sizes = [len(fields["message"]) for _, _, fields in bob.packets]
        assert sizes == sorted(sizes)


async def test_two_clients_see_one_message_each(door: Door, llm: FakeOpenAI) -> None:
    # The agent hears of Cleo up to three seconds after she joined: the reply takes longer.
    llm.script = lambda _: Reply(words(STORY), interval=0.08)
    async with (
        door.enter("ada") as ada,
        door.enter_with_json("bob") as bob,
        door.enter("cleo") as cleo,
    ):
        await bob.say("hello, Assistant")
        await bob.reads(STORY)
        await ada.reads("hello, Assistant", STORY)
        await cleo.reads("hello, Assistant", STORY)
        assert cleo.bubbles[1].participant_identity == "agent-assistant"


async def test_the_conversation_is_remembered(door: Door, llm: FakeOpenAI) -> None:
    async with door.enter() as ada:
        await ada.ask("one")
        await ada.ask("two")
    first, *_ = llm.requests[-1]["messages"]
    assert first["role"] in ("system", "developer")
    told = conversation(llm.requests[-1])
    assert told == [("user", "one"), ("assistant", "You said: one"), ("user", "two")]


async def test_the_llm_knows_the_time_and_its_prompt_keeps_its_beginning(
    door: Door, llm: FakeOpenAI
) -> None:
    async with door.enter() as ada:
        await ada.ask("one")
        await ada.ask("two")
    earlier, later = (request["messages"] for request in llm.requests[-2:])
    assert later[: len(earlier)] == earlier
    note = r"\(Date and time: [MTWFS][a-z]+day, \d{4}-\d\d-\d\d, \d\d:\d\d, .+, UTC[+-]\d\d:\d\d\)"
    assert re.fullmatch(rf"{note}\none", earlier[1]["content"])


async def test_text_sent_right_after_connecting_is_answered_once(
    door: Door, llm: FakeOpenAI
) -> None:
    async with door.enter("host"):
        async with door.enter("ada", wait=False) as ada:
            await ada.say("first words")
            await ada.reads("You said: first words")
        assert len(llm.requests) == 1


async def test_text_sent_before_the_agent_is_there_is_answered(door: Door, llm: FakeOpenAI) -> None:
    async with door.enter("ada", wait=False) as ada:
        await ada.ask("anybody here?")
        assert len(llm.requests) == 1


async def test_somebody_who_leaves_and_comes_back_is_answered(door: Door, llm: FakeOpenAI) -> None:
    async with door.enter("ada") as ada:
        await ada.ask("one")
    async with door.enter("ada") as ada:
        await ada.ask("two")
    texts = [text for role, text in conversation(llm.requests[-1]) if role == "user"]
    assert texts == ["one", "two"], "the same agent is still there"


async def test_a_new_message_interrupts_the_reply(door: Door, llm: FakeOpenAI) -> None:
    llm.script = lambda messages: (
        Reply(words(STORY), interval=0.1)
        if last_user_text(messages) == "tell me"
        else Reply(["Stopped."])
    )
    async with door.enter() as ada:
        await ada.say("tell me")
        await eventually(lambda: any("word30" in text for text in ada.texts), 15)
        await ada.say("stop")
        await eventually(lambda: len(ada.answers) == 2)
        partial, answer = ada.answers
        assert answer == "Stopped."
        assert partial.endswith("…")
        said = partial.removesuffix("…").rstrip()
        assert STORY.startswith(said)
        assert 0 < len(said) < len(STORY)
        history = [text.rstrip() for _, text in conversation(llm.requests[-1])]
        assert history == ["tell me", said, "stop"]
        await asyncio.wait_for(eventually(lambda: llm.cancelled), 5)


def begin_and_stall(messages: list[Message]) -> Reply:
    if "two" in last_user_text(messages):
        return echo(messages)
    return Reply(["Hel", "never"], stall_after=1)


async def test_a_reply_that_has_hardly_begun_gives_its_bubble_to_the_next(
    door: Door, llm: FakeOpenAI
) -> None:
    llm.script = begin_and_stall
    async with door.enter() as ada:
        await ada.say("one")
        await ada.sees("Hel")
        (bubble,) = ada.bubbles
        await ada.say("two")
        await ada.reads("You said: one\ntwo")
        assert ada.bubbles[0].id == bubble.id


async def test_a_json_client_sees_the_next_answer_in_that_bubble_too(
    door: Door, llm: FakeOpenAI
) -> None:
    llm.script = begin_and_stall
    async with door.enter_with_json() as bob:
        await bob.say("one")
        await eventually(lambda: list(bob.texts.values()) == ["Hel"], 10)
        await bob.say("two", "m2")
        await bob.reads("You said: one\ntwo")


async def test_a_burst_is_answered_once(door: Door, llm: FakeOpenAI) -> None:
    def all_questions(messages: list[Message]) -> Reply:
        told = conversation({"messages": messages})
        return Reply([" / ".join(text for role, text in told if role == "user")], delay=0.5)

    llm.script = all_questions
    async with door.enter() as ada:
        for text in ["one", "two", "three"]:
            await ada.say(text)
        await eventually(lambda: ada.answers, 15)
        asked = ada.answers[0].replace("\n", " / ").split(" / ")
        assert sorted(asked) == ["one", "three", "two"]
        await ada.say("four")
        await eventually(lambda: len(ada.answers) == 2)
        assert len(ada.texts) == 2


async def test_the_state_is_shown_and_pulses_for_newcomers(door: Door, llm: FakeOpenAI) -> None:
    llm.script = tell_story
    async with door.enter("ada") as ada:
        states: list[str] = []

        def note(changed: dict[str, str], participant: rtc.Participant) -> None:
            if "lk.agent.state" in changed:
                states.append(changed["lk.agent.state"])

        ada.room.on("participant_attributes_changed", note)
        await eventually(lambda: state_of(ada) == "listening", 10)
        states.clear()
        async with door.enter("bob"):
            await eventually(lambda: states[:2] == ["thinking", "listening"], 10)
        states.clear()
        await ada.ask("tell me", STORY)
        await eventually(lambda: "speaking" in states, 10)
        await eventually(lambda: states[-1:] == ["listening"], 10)
        assert "idle" not in states


def state_of(person: Person) -> str | None:
    return person.agent.attributes["lk.agent.state"] if person.agent is not None else None


TEXTS = {
    "15 kB of CJK": "漢字かな交じり文。" * 550,
    "emoji": "👩\u200d👩\u200d👧\u200d👦🏳️\u200d🌈👍🏽 e\u0301 \u200d \ufeff",
    "markdown": "**bold** `code`\n```py\nx = 1\n```\n| a | b |",
    "control characters": "tab\t bell\x07 escape\x1b[31m null\x00 del\x7f line\u2028sep",
    "right to left": "שלום עליכם \u202eright to left\u202c",
    "JSON": '{"message": "not JSON to us", "ignoreLegacy": true}',
}


async def test_any_text_arrives_and_returns_intact(door: Door, llm: FakeOpenAI) -> None:
    llm.script = lambda messages: Reply(list(last_user_text(messages)))
    async with door.enter("ada") as ada:
        for text in TEXTS.values():
            await ada.ask(text, text)
    assert [last_user_text(r["messages"]) for r in llm.requests] == list(TEXTS.values())


async def test_any_text_returns_intact_as_json(
    door: Door, llm: FakeOpenAI, shared_worker: WorkerProcess
) -> None:
    llm.script = lambda messages: Reply([last_user_text(messages)])
    async with door.enter_with_json() as bob:
        for number, (name, text) in enumerate(TEXTS.items(), 1):
            await bob.say(text, name)
            await bob.reads(*list(TEXTS.values())[:number])
            await replies_ended(shared_worker, door.room_name, number)


async def test_an_agent_is_heard_by_clients_but_not_answered(door: Door, llm: FakeOpenAI) -> None:
    async with door.enter("ada") as ada, door.enter("robot", kind="agent") as robot:
        await robot.say("beep")
        await ada.reads("beep")
        await ada.ask("hello")
        assert len(llm.requests) == 1
        assert robot.seen == []


async def test_an_agent_that_speaks_at_once_is_not_answered(door: Door, llm: FakeOpenAI) -> None:
    async with door.enter("ada") as ada, door.enter("robot", kind="agent", wait=False) as robot:
        await robot.say("beep")
        await ada.reads("beep")
        await ada.ask("hello")
        assert robot.seen == []


async def test_a_second_room_has_a_conversation_of_its_own(door: Door, llm: FakeOpenAI) -> None:
    other = Door(door.url, door.token, f"{door.room_name}-2")
    async with door.enter("ada") as ada, other.enter("ada") as elsewhere:
        await asyncio.gather(ada.ask("here"), elsewhere.ask("there"))
        assert ada.answers == ["You said: here"]
        assert elsewhere.answers == ["You said: there"]


async def test_a_growing_message_of_a_person_is_answered_when_it_is_complete(
    door: Door, llm: FakeOpenAI
) -> None:
    async with door.enter("ada") as ada:
        message = await ada.chat.send_message("How are", complete=False)
        message.message = "How are you?"
        await ada.chat.update_message(message)
        await ada.reads("You said: How are you?")
        assert len(llm.requests) == 1
