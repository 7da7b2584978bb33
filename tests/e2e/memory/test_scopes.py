"""A conversation belongs to what its dispatch names, or to a person; only those know it who took part."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.doubles import FakeOpenAI
from tests.e2e.memory.deployment import Deployment
from tests.e2e.people import Door, Person
from tests.e2e.rescue.fleet import Fleet, an_answer
from worker.devstack.livekit_server import LiveKitServer

CANARY = "canary-of-ada"

ECHO = "You said: "
"""Begins each answer."""

BY_ROOM, BY_PERSON = "by-room", "by-person"
"""The names of the workers, by what a conversation belongs to there that nobody names."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One file: which conversation goes on is chosen by the same statements in each database."""
    return f"sqlite:///{tmp_path_factory.mktemp('scopes') / 'memory.db'}"


@pytest.fixture(scope="module")
def deployment(store: str) -> Iterator[Deployment]:
    """A worker for each scope. The one for persons may be killed and started again."""
    of_person = {"CHAT_AGENT_NAME": BY_PERSON, "CHAT_MEMORY_SCOPE": "person"}
    with (
        LiveKitServer.start() as server,
        FakeOpenAI() as llm,
        Fleet(server, llm.base_url, CHAT_MEMORY=store) as fleet,
    ):
        by_room, by_person = fleet.begin(CHAT_AGENT_NAME=BY_ROOM), fleet.begin(**of_person)
        for worker in (by_room, by_person):
            fleet.registered(worker)
        yield Deployment(server, llm, fleet, by_person, store, of_person)


@pytest.fixture
def order() -> str:
    """The name of a conversation that nobody had."""
    return _new_name("order")


def _new_name(kind: str) -> str:
    return f"{kind}-{uuid.uuid4().hex[:12]}"


def told(llm: FakeOpenAI) -> str:
    """All that the LLM was asked since it was last forgotten."""
    return str(llm.requests)


@contextlib.asynccontextmanager
async def visit(
    deployment: Deployment,
    identity: str,
    agent_name: str = BY_ROOM,
    conversation: str = "",
    room_name: str = "",
) -> AsyncIterator[tuple[Door, Person]]:
    """Somebody in a room that is new, unless it is named, and what the LLM is told from then on."""
    opened = deployment.opened(room_name or _new_name("room"), agent_name, conversation)
    async with opened as door, door.enter(identity, dialect="stream") as person:
        deployment.llm.requests.clear()
        yield door, person


async def says(
    deployment: Deployment, identity: str, text: str, agent_name: str = BY_ROOM, **where: str
) -> str:
    """Say something in a room that is new, unless it is named, and return what the LLM was told for it."""
    # Others may say the same in other rooms.
    text = f"{text} {uuid.uuid4().hex}"
    async with visit(deployment, identity, agent_name, **where) as (_, person):
        # Where several took part it is told, and so echoed, with who wrote it.
        await an_answer(person, text, text)
        await deployment.keeps(text)
        return told(deployment.llm)


async def test_rooms_with_the_same_conversation_continue_each_other_and_no_others(
    deployment: Deployment, llm: FakeOpenAI, order: str, room_name: str
) -> None:
    await says(deployment, "ada", CANARY, conversation=order, room_name=room_name)
    assert CANARY in await says(deployment, "ada", "second", conversation=order)
    # Nor does the room's name matter that the first of them had.
    other = f"{order}-0"
    assert CANARY not in await says(
        deployment, "ada", "other", conversation=other, room_name=room_name
    )
    assert CANARY not in await says(deployment, "ada", "no name", room_name=room_name)
    third = await says(deployment, "ada", "third", conversation=order)
    assert CANARY in third
    assert "second" in third
    for text in ("other", "no name"):
        assert text not in third


async def test_strangers_to_a_named_conversation_learn_nothing_of_it(
    deployment: Deployment, llm: FakeOpenAI, order: str
) -> None:
    await says(deployment, "ada", CANARY, conversation=order)
    assert CANARY not in await says(deployment, "bob", "secret-of-bob", conversation=order)
    of_ada = await says(deployment, "ada", "again", conversation=order)
    assert CANARY in of_ada
    assert "secret-of-bob" not in of_ada
    of_bob = await says(deployment, "bob", "again", conversation=order)
    assert "secret-of-bob" in of_bob
    assert CANARY not in of_bob


async def test_who_joins_a_named_conversation_learns_what_was_said_since_the_room_was_opened(
    deployment: Deployment, llm: FakeOpenAI, order: str
) -> None:
    await says(deployment, "ada", CANARY, conversation=order)
    async with visit(deployment, "ada", conversation=order) as (door, ada):
        await ada.ask("premier")
        assert CANARY in told(llm)
        async with door.enter("bob", dialect="stream") as bob:
            llm.requests.clear()
            # Who has written is known to be there, however late the room announces it.
            await an_answer(bob, "second", ECHO)
            await an_answer(ada, f"third {order}", ECHO)
            assert CANARY not in told(llm)
            assert "premier" in told(llm)
            await deployment.keeps(order)
    of_bob = await says(deployment, "bob", "and before?", conversation=order)
    assert "premier" in of_bob
    assert CANARY not in of_bob, "it was said before he took part"


async def test_a_person_is_known_in_other_rooms_and_nobody_else_is_taken_for_them(
    deployment: Deployment, llm: FakeOpenAI, room_name: str
) -> None:
    here = {"agent_name": BY_PERSON, "room_name": room_name}
    ada, bob = _new_name("ada"), _new_name("bob")
    await says(deployment, ada, CANARY, **here)
    assert CANARY in await says(deployment, ada, "elsewhere", BY_PERSON)
    assert CANARY not in await says(deployment, bob, "secret-of-bob", **here)
    assert "secret-of-bob" in await says(deployment, bob, "elsewhere", BY_PERSON)
    of_ada = await says(deployment, ada, "again", **here)
    assert CANARY in of_ada
    assert "elsewhere" in of_ada
    assert "secret-of-bob" not in of_ada


async def test_what_two_people_say_belongs_to_neither_and_what_was_one_persons_is_not_told(
    deployment: Deployment, llm: FakeOpenAI
) -> None:
    ada_alone, bob_alone = _new_name("ada"), _new_name("bob")
    await says(deployment, ada_alone, CANARY, BY_PERSON)
    await says(deployment, bob_alone, "secret-of-bob", BY_PERSON)
    async with visit(deployment, ada_alone, BY_PERSON) as (door, ada):
        await ada.ask(f"premier of {ada_alone}")
        assert CANARY in told(llm)
        await deployment.keeps(f"premier of {ada_alone}")
        async with door.enter(bob_alone, dialect="stream") as bob:
            llm.requests.clear()
            await an_answer(bob, "together", ECHO)
            await an_answer(ada, f"to {bob_alone}", ECHO)
            assert "premier" in told(llm), "he joined a room that was open"
            assert CANARY not in told(llm)
            assert "secret-of-bob" not in told(llm)
            await deployment.keeps(f"to {bob_alone}")
            await _goes_on_after_a_restart(deployment, ada, bob)

    of_ada = await says(deployment, ada_alone, "alone", BY_PERSON)
    assert CANARY in of_ada
    assert "premier" in of_ada
    assert "together" not in of_ada
    of_bob = await says(deployment, bob_alone, "alone", BY_PERSON)
    assert "secret-of-bob" in of_bob
    for text in (CANARY, "premier", "together"):
        assert text not in of_bob


async def _goes_on_after_a_restart(deployment: Deployment, ada: Person, bob: Person) -> None:
    """The next agent knows what both have heard, and no more."""
    await deployment.restart(ada)
    deployment.llm.requests.clear()
    await an_answer(bob, "and now?", ECHO)
    assert "together" in told(deployment.llm)
    assert CANARY not in told(deployment.llm)
    assert "secret-of-bob" not in told(deployment.llm)
