"""Handlers of any kind: called, owned, and kept from hurting each other."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from chat.events import ChatEvents
from tests.waiting import eventually


@pytest.fixture
def events() -> ChatEvents[str]:
    return ChatEvents[str]()


def test_a_handler_gets_the_argument_or_none_if_it_takes_none(events: ChatEvents[str]) -> None:
    seen: list[Any] = []
    events.on("said", seen.append)
    events.on("said", lambda: seen.append("without"))
    events.emit("said", 1)
    assert seen == [1, "without"]


def test_decorates(events: ChatEvents[str]) -> None:
    seen: list[int] = []

    @events.on("said")
    def handler(value: int) -> None:
        seen.append(value)

    events.emit("said", 1)
    handler(2)
    assert seen == [1, 2]


async def test_a_handler_may_be_a_coroutine_function(events: ChatEvents[str]) -> None:
    done = asyncio.Event()

    @events.on("said")
    async def handler(value: int) -> None:
        await asyncio.sleep(0)
        if value == 1:
            done.set()

    events.emit("said", 1)
    assert not done.is_set()
    assert await eventually(done)


def test_off_stops_a_handler_and_only_that(events: ChatEvents[str]) -> None:
    seen: list[str] = []

    def first(value: int) -> None:
        seen.append(f"first {value}")

    def second(value: int) -> None:
        seen.append(f"second {value}")

    events.on("said", first)
    events.on("said", second)
    events.on("other", first)
    events.off("said", first)
    events.off("said", first)
    events.emit("said", 1)
    events.emit("other", 2)
    assert seen == ["second 1", "first 2"]


@pytest.mark.parametrize("decorated", [False, True])
def test_once_calls_once(events: ChatEvents[str], decorated: bool) -> None:
    seen: list[int] = []

    def handler(value: int) -> None:
        seen.append(value)
        if value == 1:
            events.emit("said", 2)

    if decorated:
        events.once("said")(handler)
    else:
        events.once("said", handler)
    events.emit("said", 1)
    events.emit("said", 3)
    assert seen == [1]


def test_once_can_be_taken_back(events: ChatEvents[str]) -> None:
    seen: list[int] = []
    events.once("said", seen.append)
    events.off("said", seen.append)
    events.emit("said", 1)
    assert seen == []


def test_a_handler_registered_twice_is_called_once(events: ChatEvents[str]) -> None:
    seen: list[int] = []

    def handler(value: int) -> None:
        seen.append(value)

    events.on("said", handler)
    events.on("said", handler)
    events.emit("said", 1)
    assert seen == [1]


@pytest.mark.parametrize("error", [ValueError, TypeError, KeyError])
def test_a_handler_that_raises_is_logged_and_the_others_run(
    events: ChatEvents[str], caplog: pytest.LogCaptureFixture, error: type[Exception]
) -> None:
    seen: list[int] = []

    def broken(_: int) -> None:
        raise error

    events.on("said", broken)
    events.on("said", seen.append)
    events.emit("said", 1)
    assert seen == [1]
    assert [record.message for record in caplog.records] == ["chat handler failed"]


async def test_a_coroutine_that_raises_is_logged_and_the_others_run(
    events: ChatEvents[str], caplog: pytest.LogCaptureFixture
) -> None:
    done = asyncio.Event()

    @events.on("said")
    async def broken(_: int) -> None:
        raise ValueError

    @events.on("said")
    async def handler(_: int) -> None:
        done.set()

    with caplog.at_level(logging.ERROR):
        events.emit("said", 1)
        await eventually(done)
        await eventually(lambda: caplog.records)
    assert [record.message for record in caplog.records] == ["task failed"]
