"""A worker dies or freezes in the middle of a reply, and another one goes on where it left off."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

import prompts
from tests.doubles import Message, Reply, echo, last_user_text
from tests.e2e.hosting.rooms import IDENTITY, READY, records
from tests.e2e.people import Person
from tests.e2e.rescue.deployment import Database, Deployment, completions, hears, said
from tests.e2e.rescue.fleet import agent_sid, another_agent
from tests.e2e.scripts import conversation, in_turn
from tests.waiting import eventually

BACK = 7.0
"""Seconds from a death to the next agent, at most."""

RESTARTED = 2.0
"""Seconds from a registration until its former rooms have an agent, on a busy machine."""

HELLO = "You said: hello"


def counting() -> Reply:
    """A reply of which two words come at once, and the third one when it is released."""
    return Reply(["one ", "two ", "three"], hold_after=2)


async def begun(deployment: Deployment, room: str, ada: Person, half: Reply) -> str:
    """Let a reply begin that stays half, and return its message's id."""
    deployment.llm.script = in_turn(half)
    await ada.say("count")
    await ada.sees("one two ")
    await deployment.keeps(room, "reply_text", "one two ")
    return ada.bubbles[-1].id


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def deployment(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """Workers that answer one question after the other."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("memory") / "memory.db"
        with Deployment.start(Database(f"sqlite:///{path}"), CHAT_OVERLAP="queue") as deployment:
            yield deployment
        return
    server = request.getfixturevalue("postgres_server")
    with (
        server.database() as url,
        Deployment.start(Database(url, server), CHAT_OVERLAP="queue") as deployment,
    ):
        yield deployment


async def test_half_a_reply_is_completed_once_in_its_bubble(deployment: Deployment) -> None:
    deployment.have_workers(2)
    async with deployment.conversation() as (room, ada):
        half = counting()
        bubble = await begun(deployment, room, ada, half)
        sid = agent_sid(ada)
        deployment.fleet.kill(deployment.owner(room))
        half.release.set()
        assert await another_agent(ada, sid, BACK) < BACK
        await hears(ada, HELLO, "You said: count")
        assert completions(ada, bubble) == ["You said: count"]
        assert await deployment.agents(room) == [IDENTITY]


async def test_a_question_is_edited_after_another_worker_answered_it(
    deployment: Deployment,
) -> None:
    deployment.have_workers(2)
    async with deployment.conversation() as (room, ada):
        half = counting()
        deployment.llm.script = in_turn(half)
        question = await ada.say("count")
        await ada.sees("one two ")
        await deployment.keeps(room, "reply_text", "one two ")
        deployment.fleet.kill(deployment.owner(room))
        half.release.set()
        await hears(ada, HELLO, "You said: count")
        bubbles = [bubble.id for bubble in ada.bubbles]
        await ada.edit(question, "count again")
        await hears(ada, HELLO, "You said: count again")
        assert [bubble.id for bubble in ada.bubbles] == bubbles


async def test_the_only_worker_is_restarted_and_has_its_rooms_back(deployment: Deployment) -> None:
    deployment.have_workers(1)
    async with deployment.conversation() as (room, ada):
        half = counting()
        bubble = await begun(deployment, room, ada, half)
        sid = agent_sid(ada)
        deployment.fleet.kill(deployment.owner(room))
        await deployment.has_workers(1)
        half.release.set()
        await another_agent(ada, sid, RESTARTED)
        await hears(ada, HELLO, "You said: count")
        assert completions(ada, bubble) == ["You said: count"]
        told = conversation(deployment.llm.requests[-1])
        assert [text.split("\n")[-1] for _, text in told] == ["hello", HELLO, "count"]


async def test_an_answer_that_was_not_written_down_is_given_anew(
    tmp_path: Path,
) -> None:
    with Deployment.start(Database(f"sqlite:///{tmp_path / 'memory.db'}")) as deployment:
        deployment.have_workers(1)
        async with deployment.conversation() as (room, ada):
            half = counting()
            bubble = await begun(deployment, room, ada, half)
            lock = deployment.database.connect()
            lock.execute("BEGIN IMMEDIATE")
            half.release.set()
            await ada.sees("one two three")
            await eventually(lambda: completions(ada, bubble), 5)
            deployment.fleet.kill(deployment.fleet.workers[0])
            lock.close()
            await deployment.has_workers(1)
            await hears(ada, HELLO, "You said: count", limit=30)
            assert deployment.asked("count") == 2
            assert [b.id for b in ada.bubbles if b.id == bubble] == [bubble]


async def test_an_answer_that_was_written_down_is_sent_again_without_the_llm(
    deployment: Deployment,
) -> None:
    deployment.have_workers(1)
    async with deployment.conversation() as (room, ada):
        half = counting()
        bubble = await begun(deployment, room, ada, half)
        half.release.set()
        await hears(ada, HELLO, "one two three")
        await eventually(lambda: deployment.kept(room, "delivered") in ("1", "t"), 5)
        deployment.fleet.kill(deployment.owner(room))
        # It may as well have died just before, when people had less of it than was written down.
        deployment.database.run(
            "UPDATE turn SET delivered = FALSE, reply_text = 'one two three four' "
            "WHERE reply_text = 'one two three'"
        )
        requests = len(deployment.llm.requests)
        await deployment.has_workers(1)
        await hears(ada, HELLO, "one two three four")
        await eventually(lambda: deployment.kept(room, "delivered") in ("1", "t"), 10)
        assert completions(ada, bubble) == ["one two three", "one two three four"]
        assert len(deployment.llm.requests) == requests


async def test_a_worker_that_was_frozen_writes_nothing_and_leaves(deployment: Deployment) -> None:
    deployment.have_workers(2)
    async with deployment.conversation() as (room, ada):
        half = counting()
        bubble = await begun(deployment, room, ada, half)
        sid, frozen = agent_sid(ada), deployment.owner(room)
        deployment.fleet.freeze(frozen)
        try:
            await another_agent(ada, sid, BACK)
            await hears(ada, HELLO, "You said: count")
            half.release.set()
            seen = len(ada.seen)
        finally:
            deployment.fleet.thaw(frozen)
        successor = agent_sid(ada)
        await asyncio.to_thread(frozen.wait_for_log, "room is gone", 20)
        await ada.say("next")
        await hears(ada, HELLO, "You said: count", "You said: next")
        assert completions(ada, bubble) == ["You said: count"]
        assert not [s for s in ada.seen[seen:] if "three" in (s.message or "")]
        assert deployment.asked("next") == 1
        assert await deployment.agents(room) == [IDENTITY]
        assert agent_sid(ada) == successor


async def test_a_question_that_kills_its_workers_is_given_up(deployment: Deployment) -> None:
    deployment.have_workers(3)

    def script(messages: list[Message]) -> Reply:
        return counting() if "count" in last_user_text(messages) else echo(messages)

    async with deployment.conversation() as (room, ada), deployment.conversation() as (_, bob):
        deployment.llm.script = script
        before = deployment.asked("count")
        await ada.say("count")
        for attempt in ("1", "2"):
            await ada.sees("one two ")
            await deployment.keeps(room, "attempts", attempt)
            await deployment.keeps(room, "reply_text", "one two ")
            sid = agent_sid(ada)
            deployment.fleet.kill(deployment.owner(room))
            await another_agent(ada, sid, BACK)
        given_up = f"one two {prompts.load('notice_interrupted')}".split()
        with contextlib.suppress(TimeoutError):
            await eventually(lambda: said(ada)[1].split() == given_up, 15)
        assert said(ada)[1].split() == given_up
        assert deployment.asked("count") - before == 2
        await ada.say("next")
        await ada.sees("You said: next")
        await bob.say("and I")
        await bob.sees("You said: and I")


async def test_questions_that_waited_are_answered(deployment: Deployment) -> None:
    deployment.have_workers(2)
    async with deployment.conversation() as (room, ada):
        half = counting()
        await begun(deployment, room, ada, half)
        await ada.say("and then")
        await ada.say("and last")
        asked = ["hello", "count", "and then", "and last"]
        await eventually(lambda: deployment.questions(room) == asked, 10)
        deployment.fleet.kill(deployment.owner(room))
        half.release.set()
        await ada.sees("You said: count", "You said: and then", "You said: and last")
        await hears(ada, HELLO, "You said: count", "You said: and then", "You said: and last")


@pytest.mark.parametrize("killed", ["worker", "job"])
async def test_a_process_of_a_room_dies(tmp_path: Path, killed: str) -> None:
    database = Database(f"sqlite:///{tmp_path / 'memory.db'}")
    with Deployment.start(database, CHAT_ISOLATION="process") as deployment:
        deployment.have_workers(2 if killed == "worker" else 1)
        async with deployment.conversation() as (room, ada):
            half = counting()
            bubble = await begun(deployment, room, ada, half)
            sid, owner = agent_sid(ada), deployment.owner(room)
            if killed == "worker":
                deployment.fleet.kill(owner)
            else:
                (ready,) = records(owner, READY)
                assert ready["pid"] in {p.pid for p in psutil.Process(owner.pid).children(True)}
                os.kill(ready["pid"], signal.SIGKILL)
            half.release.set()
            await another_agent(ada, sid, BACK)
            await hears(ada, HELLO, "You said: count")
            assert completions(ada, bubble) == ["You said: count"]
            assert await deployment.agents(room) == [IDENTITY]
