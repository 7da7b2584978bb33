"""The agent's own lines: once to each person for each reason, and never lost count of."""

from __future__ import annotations

import asyncio

import prompts
from assistant.people.notices import INTERVAL, MOST_OF_A_KIND, REMEMBERED, Notices
from tests.unit.assistant.doubles import ChatDouble
from tests.virtual_time import run_in_virtual_time

LONG, FILES = "notice_message_too_long", "notice_no_files"
MENTION = "notice_mention_me"


async def written(notices: Notices, chat: ChatDouble) -> list[str]:
    await notices.written()
    return chat.completed


async def test_each_person_is_told_each_thing_once() -> None:
    chat = ChatDouble()
    notices = Notices(chat.manager)
    for _ in range(5):
        notices.tell(LONG, "ada")
        notices.tell(FILES, "ada")
        notices.tell(LONG, "bob")
        notices.tell(LONG, None)
    expected = [prompts.load(name) for name in (LONG, FILES, LONG, LONG)]
    assert await written(notices, chat) == expected
    assert notices.counts == {LONG: 15, FILES: 5}


def test_after_a_minute_it_is_told_again() -> None:
    async def main() -> int:
        chat = ChatDouble()
        notices = Notices(chat.manager)
        for wait in (INTERVAL - 1, 1.0, INTERVAL - 1):
            notices.tell(LONG, "ada")
            await asyncio.sleep(wait)
        return len(await written(notices, chat))

    assert run_in_virtual_time(main()) == 2


def test_a_crowd_is_not_remembered_for_ever() -> None:
    async def main() -> int:
        chat = ChatDouble()
        notices = Notices(chat.manager)
        for number in range(REMEMBERED + 1):
            notices.tell(LONG, str(number), once=True)
            await asyncio.sleep(INTERVAL)
        assert len(notices._told) == REMEMBERED
        notices.tell(LONG, "0", once=True)
        notices.tell(LONG, str(REMEMBERED), once=True)
        return len(await written(notices, chat))

    assert run_in_virtual_time(main()) == REMEMBERED + 2


def test_what_concerns_everybody_is_told_the_room_once_a_minute() -> None:
    async def main() -> list[str]:
        chat = ChatDouble()
        notices = Notices(chat.manager)
        for minute in range(2):
            for number in range(40):
                notices.tell(MENTION, f"{minute} {number}", once=True)
            await asyncio.sleep(INTERVAL)
        return await written(notices, chat)

    assert run_in_virtual_time(main()) == [prompts.load(MENTION)] * 2


def test_who_read_it_needs_not_be_told() -> None:
    async def main() -> list[str]:
        chat = ChatDouble()
        notices = Notices(chat.manager)
        notices.tell(MENTION, "ada", once=True, readers=["ada", "bob"])
        await asyncio.sleep(INTERVAL)
        for who in ("ada", "bob"):
            notices.tell(MENTION, who, once=True)
        return await written(notices, chat)

    assert run_in_virtual_time(main()) == [prompts.load(MENTION)]


def test_who_came_after_everybody_was_told_is_told_at_the_next_occasion() -> None:
    async def main() -> list[str]:
        chat = ChatDouble()
        notices = Notices(chat.manager)
        for who in ("ada", "bob"):
            notices.tell(MENTION, who, once=True)
        await asyncio.sleep(INTERVAL)
        for who in ("ada", "bob"):
            notices.tell(MENTION, who, once=True)
        return await written(notices, chat)

    assert run_in_virtual_time(main()) == [prompts.load(MENTION)] * 2


async def test_what_concerns_one_persons_message_is_told_each_but_not_a_crowd() -> None:
    chat = ChatDouble()
    notices = Notices(chat.manager)
    for number in range(40):
        notices.tell(LONG, str(number))
    assert await written(notices, chat) == [prompts.load(LONG)] * MOST_OF_A_KIND
    assert notices.counts[LONG] == 40


def test_what_is_told_once_is_never_told_again() -> None:
    async def main() -> int:
        chat = ChatDouble()
        notices = Notices(chat.manager)
        for _ in range(3):
            notices.tell(LONG, "ada", once=True)
            await asyncio.sleep(10 * INTERVAL)
        return len(await written(notices, chat))

    assert run_in_virtual_time(main()) == 1


async def test_what_is_being_written_can_be_given_up() -> None:
    chat = ChatDouble()
    chat.open.clear()
    notices = Notices(chat.manager)
    notices.tell(LONG, "ada")
    await asyncio.sleep(0)
    notices.cancel()
    await asyncio.sleep(0)
    assert chat.in_flight == 0
    assert chat.writes == []
