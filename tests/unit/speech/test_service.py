"""Requests to a service pass a few at a time, and not at all while it has an outage."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

import pytest
from livekit.agents import APIStatusError

from speech.circuit import LONGEST_PAUSE, REFUSED_PAUSE
from speech.service import SpeechService
from speech.trouble import NO_ANSWER, TroubleError
from speech.utterance import Trouble
from tests.virtual_time import run_in_virtual_time

REFUSED = APIStatusError("You said: a secret", status_code=401)


async def ask(
    service: SpeechService,
    error: Exception | None = None,
    *,
    takes: float = 0.0,
    limit: float | None = None,
) -> Trouble | None:
    try:
        async with service.request(limit):
            await asyncio.sleep(takes)
            if error is not None:
                raise error
    except TroubleError as failed:
        return failed.trouble
    return None


async def together(*asking: Coroutine[Any, Any, Trouble | None]) -> list[Trouble | None]:
    return list(await asyncio.gather(*asking))


def test_lets_a_few_requests_pass_at_a_time() -> None:
    async def scenario() -> None:
        service = SpeechService("ears", at_once=2)
        loop = asyncio.get_running_loop()
        await asyncio.gather(*(ask(service, takes=1.0) for _ in range(6)))
        assert loop.time() == pytest.approx(3.0)

    run_in_virtual_time(scenario())


def test_waits_for_others_no_longer_than_the_limit() -> None:
    async def scenario() -> None:
        service = SpeechService("ears", at_once=1)
        results = await together(
            ask(service, takes=20.0), *(ask(service, limit=5.0) for _ in range(4))
        )
        assert results == [None, *[Trouble.SLOW] * 4]
        # It is not the service that made them wait.
        assert service.outage is None

    run_in_virtual_time(scenario())


def test_sends_nothing_in_an_outage_not_even_what_waited_for_its_turn() -> None:
    async def scenario() -> None:
        service = SpeechService("ears", at_once=1)
        results = await together(ask(service, REFUSED, takes=1.0), ask(service), ask(service))
        assert results == [Trouble.REFUSED] * 3
        assert service.outage is Trouble.REFUSED
        await asyncio.sleep(REFUSED_PAUSE)
        assert await ask(service) is None
        assert service.outage is None

    run_in_virtual_time(scenario())


def test_lets_one_request_pass_after_the_pause() -> None:
    async def scenario() -> None:
        service = SpeechService("ears")
        await ask(service, REFUSED)
        await asyncio.sleep(REFUSED_PAUSE)
        results = await together(ask(service, takes=1.0), ask(service), ask(service))
        assert results == [None, Trouble.REFUSED, Trouble.REFUSED]

    run_in_virtual_time(scenario())


def test_counts_a_deadline_as_a_failure_and_a_departure_as_nothing() -> None:
    async def scenario() -> None:
        service = SpeechService("ears")
        for _ in range(5):
            task = asyncio.create_task(ask(service, takes=60.0))
            await asyncio.sleep(1.0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert service.outage is None
        assert await ask(service, takes=60.0, limit=1.0) is Trouble.SLOW
        assert await ask(service, takes=60.0, limit=1.0) is Trouble.SLOW
        assert service.outage is Trouble.SLOW

    run_in_virtual_time(scenario())


def test_takes_a_probe_that_was_given_up_for_none() -> None:
    async def scenario() -> None:
        service = SpeechService("ears")
        await ask(service, REFUSED)
        await asyncio.sleep(REFUSED_PAUSE)
        probe = asyncio.create_task(ask(service, takes=60.0))
        await asyncio.sleep(1.0)
        assert service.outage is Trouble.REFUSED
        probe.cancel()
        await asyncio.gather(probe, return_exceptions=True)
        assert await ask(service) is None

    run_in_virtual_time(scenario())


def test_lets_a_mistake_of_ours_through() -> None:
    async def scenario() -> None:
        with pytest.raises(ZeroDivisionError):
            await ask(SpeechService("ears"), ZeroDivisionError())

    run_in_virtual_time(scenario())


def test_takes_an_answer_that_is_none_for_a_failure() -> None:
    async def scenario() -> None:
        service = SpeechService("ears")
        assert await ask(service, TroubleError(NO_ANSWER)) is Trouble.FAILED
        assert await ask(service, TroubleError(NO_ANSWER)) is Trouble.FAILED
        assert service.outage is Trouble.FAILED

    run_in_virtual_time(scenario())


def test_logs_an_outage_and_its_end_once(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        service = SpeechService("ears")
        for _ in range(200):
            await ask(service, REFUSED)
            await asyncio.sleep(1.0)
        await asyncio.sleep(LONGEST_PAUSE)
        for _ in range(3):
            await ask(service)

    with caplog.at_level(logging.INFO):
        run_in_virtual_time(scenario())

    assert [(record.levelname, record.message) for record in caplog.records] == [
        ("WARNING", "the speech service does not work"),
        ("INFO", "the speech service works again"),
    ]
    fields = vars(caplog.records[0])
    assert fields["service"] == "ears"
    assert (fields["cause"], fields["trouble"]) == ("status 401", "refused")
    private = {name for name, value in fields.items() if "secret" in str(value)}
    assert private == {"lk.pii.detail"}
