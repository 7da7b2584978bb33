"""A bot in the room, which joined as an ordinary participant and answers everything at once."""

from __future__ import annotations

import prompts
from chat import ChatMessage
from tests.doubles import FakeOpenAI
from tests.e2e.people import ANSWER_LIMIT, Door, Person
from tests.tokens import token_minter
from tests.waiting import eventually
from tests.worker_process import running_worker
from worker.devstack.livekit_server import LiveKitServer

BOT_TURNS = 3
NOTICE = prompts.load("notice_bot")


def of_agent(person: Person) -> list[str]:
    """What a person has read of the agent."""
    agent = person.agent
    assert agent is not None
    return [b.message or "" for b in person.bubbles if b.participant_identity == agent.identity]


async def test_a_bot_is_told_once_and_left_alone_and_people_are_answered(room_name: str) -> None:
    with (
        FakeOpenAI() as llm,
        LiveKitServer.start() as server,
        running_worker(server, llm, CHAT_BOT_TURNS=str(BOT_TURNS)),
    ):
        door = Door(server.url, token_minter(server), room_name)
        async with (
            door.enter("ada", dialect="stream") as ada,
            door.enter("bot", dialect="stream") as bot,
        ):

            async def answer_at_once(message: ChatMessage) -> None:
                if message.participant_identity != "ada":
                    await bot.say("I agree")

            bot.chat.on("message_received", answer_at_once)
            await ada.say("hello")
            await eventually(lambda: NOTICE in ada.texts, ANSWER_LIMIT)
            told = of_agent(ada)
            assert len(told) > BOT_TURNS
            await ada.say("and I?")
            await eventually(lambda: "and I?" in of_agent(ada)[-1], ANSWER_LIMIT)
            assert of_agent(ada)[:-1] == told
