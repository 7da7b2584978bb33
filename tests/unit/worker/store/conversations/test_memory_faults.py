"""What a room's memory does while the store does nothing."""

from __future__ import annotations

import logging
import time
from dataclasses import replace

import pytest

from assistant.memory.kept import KeptReply, Recollection
from tests.unit.worker.store.conversations.conversing import (
    LONG,
    FaultyStore,
    Worker,
    answered,
    asked,
    everything,
    next_moment,
    rows_become,
)
from tests.waiting import eventually
from worker.store.database.failures import StoreError

SHORT = 0.05


async def test_what_is_said_while_the_store_is_down_is_kept_when_it_is_back(
    worker: Worker, faulty: FaultyStore
) -> None:
    faulty.is_down = True
    memory = worker.memory()
    assert await memory.enter("RM_1", next_moment()) is None
    assert await memory.meet("ann") == Recollection()
    memory.keep_question(asked("first"))
    memory.keep_question(asked("deleted"))
    memory.keep_question(asked("second", turn_id="t1"))
    memory.keep_turn(replace(answered(), outcome=None, ended_at=None))
    memory.forget_question("ann", "deleted")
    memory.keep_turn(answered())
    assert await memory.kept(SHORT) is False
    await eventually(lambda: faulty.refusals > 3)
    faulty.is_down = False
    assert await memory.kept(LONG)

    assert worker.claims[0].claims > 1
    _, recalled = await worker.join("RM_1")
    assert recalled is not None
    assert [each.questions[0].text for each in recalled.turns] == ["second"]
    assert [question.text for question in recalled.waiting] == ["first"]
    assert recalled.turns[0].turn.reply is not None


async def test_the_room_is_claimed_when_the_store_is_back_though_nobody_spoke(
    worker: Worker, faulty: FaultyStore
) -> None:
    faulty.is_down = True
    await worker.memory().enter("RM_1", next_moment())
    faulty.is_down = False

    await rows_become(faulty, "room", 1)


async def test_a_conversation_that_is_found_late_goes_on(
    worker: Worker, faulty: FaultyStore
) -> None:
    memory, _ = await worker.join("RM_1", "ann")
    memory.keep_question(asked("before"))
    assert await memory.kept(LONG)
    faulty.is_down = True
    again, recalled = await worker.join("RM_1", "eve")
    assert recalled == Recollection()
    again.keep_question(asked("after", author="eve"))
    await again.share()
    faulty.is_down = False
    assert await again.kept(LONG)
    rows = await everything(faulty)
    assert (rows["conversation"], rows["question"]) == (1, 2)


async def test_nobody_waits_longer_for_a_store_that_hangs_than_they_want(
    worker: Worker, faulty: FaultyStore
) -> None:
    await faulty.hang()
    memory = worker.memory(patience=SHORT)
    start = time.monotonic()
    assert await memory.enter("RM_1", next_moment()) is None
    assert await memory.meet("ann") == Recollection()
    memory.keep_question(asked())
    assert await memory.kept(SHORT) is False
    assert await memory.late_questions() == ()
    assert time.monotonic() - start < LONG / 2
    await faulty.answer()
    assert await memory.kept(LONG)
    assert worker.claims[0].claims == 1


async def test_a_store_that_is_closed_costs_memory_and_nothing_else(
    worker: Worker, faulty: FaultyStore
) -> None:
    memory, _ = await worker.join("RM_1", "ann")
    await faulty.store.aclose()
    memory.keep_question(asked())
    memory.forget_turn("t1")
    await memory.share()
    assert await memory.kept(LONG) is False
    assert await memory.late_questions() == ()
    again = worker.memory()
    assert await again.enter("RM_1", next_moment()) is None
    assert await again.meet("ann") == Recollection()


async def test_text_that_a_database_cannot_hold_is_kept_without_what_it_cannot(
    worker: Worker,
) -> None:
    memory, _ = await worker.join("RM_1", "a\0nn")
    memory.keep_question(asked("a\0b\ud800c", author="a\0nn", id="\udfff", turn_id="t1"))
    memory.keep_turn(replace(answered(), reply=KeptReply("m1", "\ud83d\ude00\0")))
    assert await memory.kept(LONG)
    memory.forget_question("a\0nn", "\udfff gone")
    assert await memory.kept(LONG)

    _, recalled = await worker.join("RM_2", "a\0nn")

    assert recalled is not None
    (turn,) = recalled.turns
    assert turn.questions[0].text == "a\ufffdb\ufffdc"
    assert turn.turn.reply is not None
    assert turn.turn.reply.text == "\U0001f600\ufffd"
    assert turn.insiders == {"a\ufffdnn"}


async def test_a_row_at_fault_is_left_out_and_no_other(
    worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    memory, _ = await worker.join("RM_1", "ann")
    for number in range(7):
        memory.keep_turn(answered(f"t{number}", "canary", created_at=100.0 + number))
    memory.keep_turn(answered("t3", "canary", attempts=2**70))
    assert await memory.kept(LONG) is False
    assert await memory.kept(LONG)

    _, recalled = await worker.join("RM_1")

    assert recalled is not None
    assert [each.turn.id for each in recalled.turns] == ["t0", "t1", "t2", "t4", "t5", "t6"]
    own = [
        each for each in caplog.records if each.name == "worker.store.conversations.divided_batches"
    ]
    assert [each.levelno for each in own] == [logging.WARNING]
    assert "canary" not in caplog.text


async def test_a_room_that_cannot_be_claimed_keeps_no_other_from_writing(
    worker: Worker, faulty: FaultyStore
) -> None:
    class Broken:
        async def claim(self, room_sid: str, joined_at: object) -> None:
            raise StoreError("unreachable")

    broken = worker.memory("broken")
    broken._recorder._opening.claim = Broken()
    assert await broken.enter("RM_1", next_moment()) is None
    broken.keep_question(asked())
    memory, _ = await worker.join("RM_2", "ann")
    for number in range(3):
        memory.keep_question(asked(f"{number}"))
        assert await memory.kept(LONG)
    assert (await everything(faulty))["question"] == 3


async def test_what_is_too_much_is_dropped_and_what_matters_least_first(
    faulty: FaultyStore, caplog: pytest.LogCaptureFixture
) -> None:
    lost: list[int] = []
    small = Worker.begin(faulty, most=100)
    small.writer._on_lost = lost.append
    faulty.is_down = True
    memory, _ = await small.join("RM_1", "ann")
    for number in range(60):
        memory.keep_turn(replace(answered(f"open {number}"), ended_at=None, outcome=None))
    for number in range(90):
        memory.keep_question(asked(f"{number}", asked_at=float(number), turn_id="t"))
    memory.keep_turn(answered("t"))
    faulty.is_down = False
    assert await memory.kept(LONG) is False

    _, recalled = await small.join("RM_1", "ann")
    assert recalled is not None
    kept = {each.turn.id for each in recalled.turns}
    assert len(kept) <= 11
    assert {f"open {number}" for number in range(50)} & kept == set()
    (turn,) = [each for each in recalled.turns if each.turn.id == "t"]
    assert len(turn.questions) == 90
    assert sum(lost) > 50
    assert caplog.text.count("too much waits for the store") == 1
    small.die()
