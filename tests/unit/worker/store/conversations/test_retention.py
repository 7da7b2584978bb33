from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.unit.worker.store.conversations.conversing import (
    LONG,
    FaultyStore,
    Worker,
    answered,
    asked,
    everything,
    rows_become,
)
from worker.store.conversations.retention import BATCH, DAY, Retention
from worker.store.database.schema import conversations, rooms, workers


async def yes() -> bool:
    return True


def retention(faulty: FaultyStore, days: float = 30) -> Retention:
    return Retention(faulty, days, yes, faulty.store.empty_log)


async def age(faulty: FaultyStore, days: float) -> None:
    """Have all that is there been changed some days ago."""

    async def work(connection: AsyncConnection) -> None:
        moment = time.time() - days * DAY
        for table in (conversations, rooms):
            await connection.execute(update(table).values(changed_at=moment))

    await faulty.read(work)


async def delete_old(faulty: FaultyStore, days: float = 30) -> int:
    """Delete what is old, where such tasks run."""
    return await asyncio.wrap_future(faulty.start(retention(faulty, days).delete_old()))


async def say(worker: Worker, sid: str = "RM_1") -> None:
    memory, _ = await worker.join(sid, "ann")
    memory.keep_question(asked("canary", turn_id="t1"))
    memory.keep_turn(answered(text="canary"))
    assert await memory.kept(LONG)


def files_of(folder: Path) -> bytes:
    """All that a database's files hold."""
    return b"".join(path.read_bytes() for path in folder.glob("memory.db*"))


@pytest.mark.parametrize(("age_in_days", "days", "left"), [(31, 30, 0), (29, 30, 1), (999, 0, 1)])
async def test_conversations_are_deleted_with_all_that_was_said_when_they_are_old(
    worker: Worker, faulty: FaultyStore, age_in_days: float, days: float, left: int
) -> None:
    await say(worker)
    await age(faulty, age_in_days)
    assert await delete_old(faulty, days) == 1 - left
    rows = await everything(faulty)
    assert [rows[name] for name in ("conversation", "member", "question", "turn")] == [left] * 4


async def test_a_conversation_that_goes_on_is_not_old(worker: Worker, faulty: FaultyStore) -> None:
    await say(worker)
    await age(faulty, 31)
    await say(worker)
    assert await delete_old(faulty) == 0


async def test_a_conversation_that_was_deleted_in_an_open_room_begins_anew(
    worker: Worker, faulty: FaultyStore
) -> None:
    memory, _ = await worker.join("RM_1", "ann")
    memory.keep_question(asked("before"))
    assert await memory.kept(LONG)
    await age(faulty, 31)
    assert await delete_old(faulty) == 1
    memory.keep_question(asked("after"))
    assert await memory.kept(LONG)
    _, recalled = await worker.join("RM_1")
    assert recalled is not None
    assert [question.text for question in recalled.waiting] == ["after"]


async def test_many_are_deleted_in_several_transactions(faulty: FaultyStore) -> None:
    count = 2 * BATCH + 1

    async def fill(connection: AsyncConnection) -> None:
        row: dict[str, Any] = {"agent_name": "", "key": "k", "created_at": 0.0, "changed_at": 0.0}
        await connection.execute(
            insert(conversations), [{"id": f"{number}", **row} for number in range(count)]
        )

    await faulty.read(fill)
    assert await delete_old(faulty) == count


async def test_rows_of_closed_rooms_and_of_workers_that_are_gone_are_deleted(
    worker: Worker, faulty: FaultyStore
) -> None:
    for number, room in enumerate(["open", "closed", "closed just now"]):
        await worker.join(f"RM_{number}", room=room)

    async def prepare(connection: AsyncConnection) -> None:
        closed = rooms.c.name.in_(["closed", "closed just now"])
        await connection.execute(update(rooms).where(closed).values(state="closed"))
        is_new = rooms.c.name == "closed just now"
        await connection.execute(update(rooms).where(is_new).values(changed_at=time.time()))
        row = {"machine": "m", "pid": 1, "process_started_at": 0.0}
        await connection.execute(
            insert(workers),
            [
                {"id": "gone", "expires_at": 0.0, **row},
                {"id": "alive", "expires_at": time.time(), **row},
            ],
        )

    async def left(connection: AsyncConnection) -> tuple[set[str], set[str]]:
        names = set((await connection.scalars(select(rooms.c.name))).all())
        return names, set((await connection.scalars(select(workers.c.id))).all())

    await faulty.read(prepare)
    await delete_old(faulty)
    assert await faulty.read(left) == ({"open", "closed just now"}, {"alive"})


async def test_a_conversation_in_which_nothing_was_said_is_deleted_after_a_day(
    worker: Worker, faulty: FaultyStore
) -> None:
    greeted, _ = await worker.join("RM_1", "ann", room="greeted")
    greeted.keep_turn(answered("greeting"))
    assert await greeted.kept(LONG)
    said, _ = await worker.join("RM_2", "ann", room="said")
    said.keep_question(asked())
    assert await said.kept(LONG)
    await delete_old(faulty)
    assert (await everything(faulty))["conversation"] == 2
    await age(faulty, 2)
    await delete_old(faulty)
    rows = await everything(faulty)
    assert (rows["conversation"], rows["question"], rows["turn"]) == (1, 1, 0)


@pytest.mark.parametrize(
    ("days", "owner", "left"), [(6, "gone", 1), (9, "gone", 0), (9, "alive", 1)]
)
async def test_a_room_whose_workers_are_gone_for_long_is_deleted(
    worker: Worker, faulty: FaultyStore, days: float, owner: str, left: int
) -> None:
    await worker.join("RM_1")
    await age(faulty, days)

    async def prepare(connection: AsyncConnection) -> None:
        await connection.execute(update(rooms).values(owner=owner))
        row = {"machine": "m", "pid": 1, "process_started_at": 0.0}
        await connection.execute(
            insert(workers).values(id="alive", expires_at=time.time() + 9, **row)
        )

    await faulty.read(prepare)
    await delete_old(faulty)
    assert (await everything(faulty))["room"] == left


async def test_what_was_deleted_is_in_no_file(
    worker: Worker, faulty: FaultyStore, tmp_path: Path, store_kind: str
) -> None:
    if store_kind != "sqlite":
        pytest.skip("the files of a server are its own")
    await say(worker)
    await age(faulty, 31)
    assert b"canary" in files_of(tmp_path)
    await delete_old(faulty)
    assert b"canary" not in files_of(tmp_path)


async def test_only_the_first_worker_deletes_and_a_store_that_fails_is_asked_again(
    worker: Worker, faulty: FaultyStore
) -> None:
    await say(worker)
    await age(faulty, 31)
    looks = 0

    async def is_first() -> bool:
        nonlocal looks
        looks += 1
        faulty.is_down = looks == 2
        return looks > 1

    working = faulty.start(
        Retention(faulty, 30, is_first, faulty.store.empty_log).work(interval=0.01)
    )
    await rows_become(faulty, "conversation", 0)
    assert looks > 2
    working.cancel()
