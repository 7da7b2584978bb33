from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from sqlalchemy import Engine, event

from assistant.memory.kept import KeptReply
from tests.unit.worker.store.conversations.conversing import (
    LONG,
    FaultyStore,
    Worker,
    answered,
    asked,
    everything,
)
from worker.store.conversations.writer import BATCH


@dataclass
class Statements:
    """What was executed: the first words of statements, and of how many rows."""

    seen: list[tuple[str, int]] = field(default_factory=list)

    def rows(self, beginning: str) -> int:
        return sum(rows for statement, rows in self.seen if statement.startswith(beginning))

    def count(self, beginning: str) -> int:
        return sum(statement.startswith(beginning) for statement, _ in self.seen)

    def note(self, *details: object) -> None:
        _, _, statement, parameters, _, is_many = details
        rows = len(parameters) if is_many and isinstance(parameters, list | tuple) else 1
        self.seen.append((" ".join(str(statement).split()), rows))


@pytest.fixture
def statements() -> Iterator[Statements]:
    statements = Statements()
    event.listen(Engine, "before_cursor_execute", statements.note, named=False)
    yield statements
    event.remove(Engine, "before_cursor_execute", statements.note)


async def test_of_many_states_the_newest_is_written_in_one_transaction(
    worker: Worker, faulty: FaultyStore, statements: Statements
) -> None:
    rooms = [(await worker.join(f"RM_{n}", "ann", f"room {n}"))[0] for n in range(10)]
    await faulty.hang()
    rooms[0].keep_question(asked("first"))
    await faulty.answer()
    assert await rooms[0].kept(LONG)
    statements.seen.clear()
    for number, memory in enumerate(rooms):
        for length in range(100):
            reply = KeptReply(f"m{number}", "x" * length)
            memory.keep_turn(answered(f"t{number}", ended_at=None, outcome=None, reply=reply))
        memory.keep_question(asked(turn_id=f"t{number}"))
    await asyncio.gather(*(memory.kept(LONG) for memory in rooms))

    # Those who wait have it written at once, so that a few went first.
    assert statements.count("INSERT INTO turn") <= 3
    assert statements.rows("INSERT INTO turn") <= 12
    assert statements.rows("INSERT INTO question") <= 12
    rows = await everything(faulty)
    assert (rows["turn"], rows["question"]) == (10, 11)


async def test_what_nobody_waits_for_is_gathered(
    worker: Worker, faulty: FaultyStore, statements: Statements
) -> None:
    memory, _ = await worker.join("RM_1", "ann")
    assert await memory.kept(LONG)
    statements.seen.clear()
    for length in range(100):
        memory.keep_turn(answered(reply=KeptReply("m1", "x" * length)))
        await asyncio.sleep(0)
    assert statements.seen == []
    assert await memory.kept(LONG)
    assert statements.rows("INSERT INTO turn") == 1


async def test_a_transaction_has_no_more_rows_than_others_can_wait_for(
    worker: Worker, faulty: FaultyStore, statements: Statements
) -> None:
    memory, _ = await worker.join("RM_1", "ann")
    for number in range(2 * BATCH + 1):
        memory.keep_turn(answered(f"t{number}", f"{number}"))
    assert await memory.kept(LONG)
    sizes = [
        rows for statement, rows in statements.seen if statement.startswith("INSERT INTO turn")
    ]
    assert max(sizes) <= BATCH
    assert sum(sizes) == 2 * BATCH + 1
    assert (await everything(faulty))["turn"] == 2 * BATCH + 1


async def test_all_that_can_be_written_is_before_a_process_ends(
    worker: Worker, faulty: FaultyStore
) -> None:
    memory, _ = await worker.join("RM_1", "ann")
    nobody = worker.memory("empty")
    nobody.keep_turn(answered("greeting"))
    memory.keep_turn(answered())
    start = time.monotonic()
    await asyncio.wrap_future(faulty.start(worker.writer.drained()))
    assert time.monotonic() - start < LONG
    assert (await everything(faulty))["turn"] == 1
