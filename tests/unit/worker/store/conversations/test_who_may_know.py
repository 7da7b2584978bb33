"""Who is told what was said before: a word that must not turn up, in rooms that were closed and opened."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from assistant.memory.kept import Recollection
from tests.unit.worker.store.conversations.conversing import (
    LONG,
    Worker,
    answered,
    asked,
    next_moment,
)
from worker.store.conversations.room_memory import StoredRoomMemory
from worker.store.conversations.room_opening import Scope

CANARY = "canary"


@dataclass(frozen=True)
class Case:
    """A room in which the secret was said, and then a room that somebody else enters."""

    name: str
    knows: bool
    """Whether the agent is told of the secret there."""

    sid: str = "RM_2"
    person: str = "ann"
    room: str = "room"
    scope: Scope = "room"
    named: str | None = None
    named_before: str | None = None
    insiders: frozenset[str] = frozenset({"ann"})
    """Who may be told of it, where it is from before the room was opened."""


CASES = [
    Case("the room is still open, and a stranger came", sid="RM_1", person="eve", knows=True),
    Case("it was closed, and who took part comes back", knows=True),
    Case("it was closed, and a stranger came", person="eve", knows=False),
    Case("nobody knows who came", person="", knows=False),
    Case("another room", room="other", knows=False),
    Case("the same name, and who took part", named="n", named_before="n", room="other", knows=True),
    Case("the same name, and a stranger", named="n", named_before="n", person="eve", knows=False),
    Case("another name", named="n", named_before="o", knows=False),
    Case("a name, where there was none", named="n", knows=False),
    Case("no name, where there was one", named_before="n", knows=False),
    Case("a person's, in another room", scope="person", room="other", knows=True),
    Case("a person's, and another person", scope="person", person="eve", knows=False),
    Case("a person named like a room", scope="person", person="room", knows=False),
]


async def say_secret(memory: StoredRoomMemory) -> None:
    memory.keep_question(asked(CANARY, turn_id="t1"))
    memory.keep_turn(answered(text=CANARY))
    assert await memory.kept(LONG)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_only_those_are_told_who_may_know(worker: Worker, case: Case) -> None:
    memory, _ = await worker.join("RM_1", "ann", scope=case.scope, named=case.named_before)
    await say_secret(memory)

    _, recalled = await worker.join(
        case.sid, case.person, case.room, scope=case.scope, named=case.named
    )

    assert recalled is not None
    assert (CANARY in repr(recalled)) == case.knows
    if case.knows and case.sid != "RM_1":
        assert [(turn.earlier, turn.insiders) for turn in recalled.turns] == [(True, case.insiders)]


async def test_who_joined_a_conversation_that_went_on_is_not_told_of_what_was_before(
    worker: Worker,
) -> None:
    memory, _ = await worker.join("RM_1", "ann")
    await say_secret(memory)
    memory, recalled = await worker.join("RM_2", "ann")
    memory.keep_question(asked("late", author="eve", turn_id="t2"))
    memory.keep_turn(answered("t2"))
    assert await memory.kept(LONG)

    # The agent dies, and another is told who may know.
    _, recalled = await worker.join("RM_2")
    assert recalled is not None
    told = [(turn.earlier, turn.insiders) for turn in recalled.turns]
    assert told == [(True, frozenset({"ann"})), (False, frozenset())]

    # It was closed since, and is theirs as far as they were there.
    _, recalled = await worker.join("RM_3", "eve")
    assert recalled is not None
    told = [(turn.earlier, turn.insiders) for turn in recalled.turns]
    assert told == [(True, frozenset({"ann"})), (True, frozenset({"eve"}))]


async def test_strangers_keep_a_conversation_of_their_own(worker: Worker) -> None:
    first, _ = await worker.join("RM_1", "ann")
    await say_secret(first)
    second, recalled = await worker.join("RM_2", "eve")
    assert recalled == Recollection()
    second.keep_question(asked("theirs", author="eve", turn_id="t2"))
    second.keep_turn(answered("t2"))
    assert await second.kept(LONG)

    _, of_strangers = await worker.join("RM_3", "eve")
    _, of_first = await worker.join("RM_4", "ann")

    assert [each.turn.id for each in of_strangers.turns] == ["t2"] if of_strangers else False
    assert [each.turn.id for each in of_first.turns] == ["t1"] if of_first else False


async def test_of_two_conversations_the_newest_goes_on(worker: Worker) -> None:
    for number, author in enumerate(["ann", "eve"], 1):
        memory, _ = await worker.join(f"RM_{number}", author)
        memory.keep_question(asked(author=author, turn_id=f"t{number}"))
        memory.keep_question(asked("ours", author="ben"))
        memory.keep_turn(answered(f"t{number}"))
        assert await memory.kept(LONG)
    _, recalled = await worker.join("RM_3", "ben")
    assert recalled is not None
    assert [each.turn.id for each in recalled.turns] == ["t2"]


async def test_a_persons_conversation_is_left_when_another_comes(worker: Worker) -> None:
    memory, _ = await worker.join("RM_1", "ann", scope="person")
    await say_secret(memory)
    await memory.share()
    memory.keep_question(asked("both hear", author="eve", turn_id="t2"))
    memory.keep_turn(answered("t2", "shared"))
    # It was said to the person alone, and is edited where it was said.
    memory.keep_question(asked("secret still", id=CANARY, turn_id="t1"))
    assert await memory.kept(LONG)

    # The agent dies: it is not told in front of both what it was told before.
    again, recalled = await worker.join("RM_1", scope="person")
    assert [each.turn.id for each in recalled.turns] == ["t2"] if recalled else False
    assert "secret" not in repr(recalled)
    await again.share()
    again.keep_question(asked("more", author="eve"))
    assert await again.kept(LONG)
    _, recalled = await worker.join("RM_1", scope="person")
    assert [question.text for question in recalled.waiting] == ["more"] if recalled else False

    # And the person, alone again, has what is theirs.
    _, theirs = await worker.join("RM_2", "ann", room="another", scope="person")
    assert (
        [each.questions[0].text for each in theirs.turns] == ["secret still"] if theirs else False
    )
    assert "both hear" not in repr(theirs)


async def test_a_persons_conversation_that_was_recalled_is_left_too(worker: Worker) -> None:
    memory, _ = await worker.join("RM_1", "ann", scope="person")
    await say_secret(memory)
    again, _ = await worker.join("RM_1", scope="person")
    await again.share()
    again.keep_question(asked("edited", id=CANARY, turn_id="t1"))
    again.keep_question(asked("both hear", author="eve"))
    assert await again.kept(LONG)

    _, recalled = await worker.join("RM_1", scope="person")
    assert recalled is not None
    assert recalled.turns == ()
    assert [question.text for question in recalled.waiting] == ["both hear"]


async def test_a_room_that_is_shared_before_it_has_a_conversation_begins_a_shared_one(
    worker: Worker,
) -> None:
    memory = worker.memory(scope="person")
    await memory.enter("RM_1", next_moment())
    await memory.share()
    await memory.meet("ann")
    memory.keep_question(asked("both hear", turn_id="t1"))
    memory.keep_turn(answered())
    assert await memory.kept(LONG)
    _, theirs = await worker.join("RM_2", "ann", room="another", scope="person")
    assert theirs == Recollection()
