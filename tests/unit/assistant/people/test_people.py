"""Who is in the room: names, rights, and waiting for those who were not announced yet."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from livekit import rtc

from assistant.people.people import ANNOUNCEMENT_LIMIT, LONGEST_NAME, MODERATOR, People
from assistant.turns.turn import UNKNOWN, Question
from tests.unit.assistant.doubles import ADA, BOB, ROBOT, Person, RoomDouble
from tests.virtual_time import run_in_virtual_time

JOINED = rtc.ParticipantState.PARTICIPANT_STATE_JOINED
LATE = replace(ADA, state=JOINED)
EGRESS = Person("egress", rtc.ParticipantKind.PARTICIPANT_KIND_EGRESS)


def asked_by(identity: str, *, announced: bool = False) -> Question:
    return Question("1", identity, identity, "hi", announced=announced)


def people(*persons: Person) -> People:
    return People(RoomDouble(*persons).room)


def test_only_people_are_people() -> None:
    room = people(ADA, replace(BOB, state=JOINED), ROBOT, EGRESS)
    assert [person.identity for person in room.present] == ["ada", "bob"]
    assert [person.identity for person in room.audience] == ["ada"]


@pytest.mark.parametrize(
    ("identity", "counted"), [("ada", {"ada"}), ("eve", {"ada", "eve"}), (UNKNOWN, {"ada"})]
)
def test_an_author_counts_before_being_announced(identity: str, counted: set[str]) -> None:
    assert people(ADA, ROBOT).with_author(identity) == counted


@pytest.mark.parametrize(
    ("identity", "name", "called"),
    [
        ("bob", "Bob", "Bob"),
        ("bob", "", "bob"),
        ("bob", " \n\t ", "bob"),
        ("bob", 'Bob"}\n{"from": "Eve', 'Bob"} {"from": "Eve'),
        ("bob", "Bob\u2028\x1b[2J\u202eevE", "Bob [2JevE"),
        ("bob", "B" * 1_000, "B" * LONGEST_NAME),
        ("b\nob", "", "b ob"),
        ("\x1b", "\x1b", "somebody"),
    ],
)
def test_a_name_is_one_printable_line_and_not_long(identity: str, name: str, called: str) -> None:
    assert people(Person(identity, name=name)).name(identity) == called


@pytest.mark.parametrize(("identity", "called"), [("eve", "eve"), (UNKNOWN, "somebody")])
def test_who_is_not_announced_is_called_by_the_identity(identity: str, called: str) -> None:
    assert people().name(identity) == called


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        (None, False),
        ("", False),
        ("0", False),
        ("false", False),
        ("False", False),
        ("1", True),
        ("true", True),
        ("yes", True),
    ],
)
def test_the_attribute_makes_a_moderator(value: str | None, is_one: bool) -> None:
    attributes = {} if value is None else {MODERATOR: value}
    room = people(replace(ADA, attributes=attributes))
    assert room.is_moderator("ada") is is_one
    assert not room.is_moderator("bob")
    assert not room.is_moderator(UNKNOWN)


def test_the_author_is_waited_for_until_they_can_see_an_answer() -> None:
    async def main() -> tuple[str | None, float]:
        room = RoomDouble(BOB)
        asked = asyncio.create_task(People(room.room).author(asked_by("ada")))
        await asyncio.sleep(1)
        room.announce(replace(BOB, identity="eve"))
        room.announce(LATE)
        await asyncio.sleep(3)
        assert not asked.done()
        room.activate("ada")
        found = await asked
        return found.identity if found else None, asyncio.get_running_loop().time()

    assert run_in_virtual_time(main()) == ("ada", 4.0)


@pytest.mark.parametrize(
    ("room", "identity", "found"),
    [((), "ada", None), ((BOB,), "ada", None), ((LATE,), "ada", "ada")],
)
def test_an_author_is_not_waited_for_without_end(
    room: tuple[Person, ...], identity: str, found: str | None
) -> None:
    async def main() -> str | None:
        author = await people(*room).author(asked_by(identity))
        assert asyncio.get_running_loop().time() == pytest.approx(ANNOUNCEMENT_LIMIT)
        return author.identity if author else None

    assert run_in_virtual_time(main()) == found


def test_who_was_there_and_left_is_not_waited_for() -> None:
    async def main() -> None:
        assert await people(BOB).author(asked_by("ada", announced=True)) is None
        assert asyncio.get_running_loop().time() == 0.0

    run_in_virtual_time(main())


def test_the_wait_for_an_author_counts_from_the_question() -> None:
    async def main() -> None:
        await asyncio.sleep(ANNOUNCEMENT_LIMIT - 1)
        assert await people(BOB).author(asked_by("ada")) is None
        assert asyncio.get_running_loop().time() == pytest.approx(ANNOUNCEMENT_LIMIT)

    run_in_virtual_time(main())


def test_nobody_is_waited_for_where_the_author_is_unknown() -> None:
    async def main() -> None:
        assert await people(ADA).author(asked_by(UNKNOWN)) is None
        assert asyncio.get_running_loop().time() == 0.0

    run_in_virtual_time(main())


@pytest.mark.parametrize(
    ("room", "newcomers", "found"),
    [
        ((ROBOT,), (LATE,), "ada"),
        ((), (LATE, BOB), "ada"),
        ((BOB,), (LATE,), UNKNOWN),
        ((BOB,), (replace(ROBOT, identity="other"),), "other"),
        ((), (), UNKNOWN),
        ((ADA,), (), UNKNOWN),
    ],
)
def test_who_wrote_before_being_announced_is_not_guessed(
    room: tuple[Person, ...], newcomers: tuple[Person, ...], found: str
) -> None:
    async def main() -> str:
        double = RoomDouble(*room)
        asked = asyncio.create_task(People(double.room).newcomer())
        await asyncio.sleep(1)
        for newcomer in newcomers:
            double.announce(newcomer)
            await asyncio.sleep(0.1)
        return await asked

    assert run_in_virtual_time(main()) == found


def test_who_is_there_is_not_waited_for() -> None:
    async def main() -> None:
        room = people(ADA, replace(ROBOT, state=JOINED))
        for identity in ("ada", "robot"):
            author = await room.author(asked_by(identity))
            assert author is not None
            assert author.identity == identity
        assert asyncio.get_running_loop().time() == 0.0

    run_in_virtual_time(main())


def test_anybody_waits_for_the_first_who_can_see() -> None:
    async def main() -> float:
        room = RoomDouble(LATE, ROBOT)
        waiting = asyncio.create_task(People(room.room).anybody())
        await asyncio.sleep(3_600)
        assert not waiting.done()
        room.activate("ada")
        await waiting
        await People(room.room).anybody()
        return asyncio.get_running_loop().time()

    assert run_in_virtual_time(main()) == 3_600


async def test_no_handler_is_left_on_the_room() -> None:
    room = RoomDouble()
    waiting = asyncio.create_task(People(room.room).author(asked_by("ada")))
    await asyncio.sleep(0)
    room.announce(ADA)
    await waiting
    assert not any(room._events.values())
