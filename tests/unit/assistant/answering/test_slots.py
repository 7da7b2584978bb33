"""How many turns one process answers at once, and how fast they begin."""

from __future__ import annotations

import asyncio

import pytest

from assistant.answering.slots import (
    BEGINNING_AT_ONCE,
    BEGINNING_SECONDS,
    NoFreeSlotError,
    TurnSlots,
    TurnStarts,
)
from tests.virtual_time import run_in_virtual_time


def test_no_more_turns_run_at_once_than_there_are_slots() -> None:
    async def main() -> int:
        slots, running, most = TurnSlots(3), 0, 0

        async def turn() -> None:
            nonlocal running, most
            async with slots.slot(60.0):
                running += 1
                most = max(most, running)
                await asyncio.sleep(1)
                running -= 1

        await asyncio.gather(*(turn() for _ in range(20)))
        return most

    assert run_in_virtual_time(main()) == 3


def test_patience_ends_in_an_error_and_leaves_the_slots_as_they_were() -> None:
    async def main() -> float:
        slots, loop = TurnSlots(1), asyncio.get_running_loop()
        async with slots.slot(0.1):
            with pytest.raises(NoFreeSlotError):
                async with slots.slot(60.0):
                    pass
            refused_at = loop.time()
        async with slots.slot(0.1):
            return refused_at

    assert run_in_virtual_time(main()) == pytest.approx(60.0)


async def test_a_slot_is_free_again_after_a_turn_that_failed_or_gave_up_waiting() -> None:
    slots = TurnSlots(1)

    async def hold() -> None:
        async with slots.slot(60.0):
            raise ValueError("by script")

    async def wait() -> None:
        async with slots.slot(60.0):
            pass

    with pytest.raises(ValueError, match="by script"):
        await hold()
    async with slots.slot(0.1):
        waiting = asyncio.create_task(wait())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait({waiting})
    async with slots.slot(0.1):
        assert waiting.cancelled()


def test_turns_begin_a_few_at_a_time_in_the_order_in_which_they_came() -> None:
    async def main() -> list[tuple[int, float]]:
        starts, loop, begun = TurnStarts(), asyncio.get_running_loop(), []
        zero = loop.time()

        async def turn(number: int) -> None:
            await starts.admit()
            begun.append((number, loop.time() - zero))

        await asyncio.gather(*map(turn, range(2 * BEGINNING_AT_ONCE + 1)))
        return begun

    begun = run_in_virtual_time(main())
    assert [number for number, _ in begun] == list(range(2 * BEGINNING_AT_ONCE + 1))
    for number, at in begun:
        assert at == pytest.approx(number // BEGINNING_AT_ONCE * BEGINNING_SECONDS)


def test_a_turn_that_is_cut_off_before_it_begins_takes_no_place() -> None:
    async def main() -> float:
        starts, loop = TurnStarts(), asyncio.get_running_loop()
        zero = loop.time()
        for _ in range(BEGINNING_AT_ONCE):
            await starts.admit()
        cut_off = [asyncio.ensure_future(starts.admit()) for _ in range(BEGINNING_AT_ONCE)]
        await asyncio.sleep(0)
        for each in cut_off:
            each.cancel()
        await starts.admit()
        return loop.time() - zero

    assert run_in_virtual_time(main()) == pytest.approx(BEGINNING_SECONDS)
