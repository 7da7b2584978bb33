from __future__ import annotations

import pytest

from speech.hearing.slots import MicrophoneSlots


def test_no_more_are_taken_than_there_are() -> None:
    slots = MicrophoneSlots(2)
    assert [slots.try_take() for _ in range(3)] == [True, True, False]
    assert slots.open == 2


def test_one_that_is_given_back_can_be_taken() -> None:
    slots = MicrophoneSlots(1)
    slots.try_take()
    slots.give_back()
    assert slots.try_take()


@pytest.mark.parametrize(("most", "taken", "share"), [(4, 0, 0.0), (4, 1, 0.25), (0, 0, 1.0)])
def test_the_share_says_how_full_it_is(most: int, taken: int, share: float) -> None:
    slots = MicrophoneSlots(most)
    for _ in range(taken):
        slots.try_take()
    assert slots.share == share


def test_those_who_wait_look_in_turn_while_any_is_free() -> None:
    slots, looked = MicrophoneSlots(1), list[str]()

    def take(name: str) -> None:
        looked.append(name)
        slots.try_take()

    slots.try_take()
    slots.wait(lambda: take("ann"))
    slots.wait(lambda: take("bob"))
    slots.give_back()
    assert looked == ["ann"]
    slots.give_back()
    assert looked == ["ann", "bob"]
    slots.give_back()
    assert looked == ["ann", "bob"]


def test_who_found_none_waits_again_behind_the_others() -> None:
    slots, looked = MicrophoneSlots(1), list[str]()

    def refused() -> None:
        looked.append("ann")
        slots.wait(refused)

    slots.try_take()
    slots.wait(refused)
    slots.wait(lambda: looked.append("bob"))
    slots.give_back()
    assert looked == ["ann", "bob"]


def test_who_waits_no_more_does_not_look() -> None:
    slots, looked = MicrophoneSlots(1), list[str]()
    look = lambda: looked.append("ann")  # noqa: E731
    slots.try_take()
    slots.wait(look)
    slots.stop_waiting(look)
    slots.give_back()
    assert not looked
