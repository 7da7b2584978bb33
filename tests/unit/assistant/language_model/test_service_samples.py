"""Every odd answer in ``tests/samples/services``, given to a whole room."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

import prompts
from assistant.language_model import ModelChoices
from tests.doubles import RawRequest, RawService
from tests.samples.service_sample import KINDS, UNSAID, ServiceSample, load_services
from tests.unit.assistant.language_model.service_room import (
    ORDINARY_ANSWER,
    ORDINARY_QUESTION,
    AgentWithTools,
    SampleService,
    ServiceRoom,
    check_that_a_strict_service_takes,
    literals,
    matches,
    room_on,
    without_notes,
)

SAMPLES = load_services()

SERVICES = {
    "OpenAI",
    "Azure",
    "Gemini",
    "Ollama",
    "vLLM",
    "llama.cpp",
    "Groq",
    "Mistral",
    "Together",
    "OpenRouter",
    "LM Studio",
    "DeepSeek",
    "Perplexity",
    "Cohere",
    "SGLang",
    "TGI",
    "LiteLLM",
    "Cloudflare",
    "Bedrock",
    "DashScope",
    "Zhipu",
    "Moonshot",
    "xAI",
}


@pytest.fixture(autouse=True)
def no_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.answering.text_agent.RETRY_DELAY", 0.0)


def test_there_are_samples_of_each_kind_and_service() -> None:
    assert len(SAMPLES) >= 75
    assert {sample.kind for sample in SAMPLES.values()} == set(KINDS)
    sources = " ".join(sample.source for sample in SAMPLES.values())
    assert {service for service in SERVICES if service not in sources} == set()


@pytest.mark.parametrize("name", SAMPLES)
async def test_an_odd_answer_ends_well_and_the_room_goes_on(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="assistant")
    caplog.set_level(logging.DEBUG, logger="livekit")
    sample = SAMPLES[name]
    service = SampleService(sample)
    agent = AgentWithTools() if sample.tools else None
    async with playing(name, service, agent) as (http, room):
        await ask_and_compare(room, sample)
        check_requests(http.requests, sample)
        assert sorted(sample.called, key=str) == sorted(agent.called if agent else [], key=str)
        check_causes(caplog.records, sample)
        before = len(warnings(caplog.records))
        service.forget_the_rest()
        asked = len(http.requests)
        assert await room.ask(ORDINARY_QUESTION) == (ORDINARY_ANSWER, "done")
        assert len(http.requests) == asked + 1
        check_next_request(http.requests[-1], sample)
    assert len(warnings(caplog.records)) == before
    check_that_nobody_is_quoted(caplog.records, sample)


@contextlib.asynccontextmanager
async def playing(
    name: str, service: SampleService, agent: AgentWithTools | None
) -> AsyncIterator[tuple[RawService, ServiceRoom]]:
    """A service that answers as in a sample, and a room on it."""
    sample = SAMPLES[name]
    # What is learned of a service is learned for the model: each sample has one of its own.
    options: dict[str, Any] = {"model": name, "choices": ModelChoices(**sample.settings)}
    async with (
        RawService(service.answer) as http,
        room_on(http, sample.base_path, agent, **options) as room,
    ):
        yield http, room


async def ask_and_compare(room: ServiceRoom, sample: ServiceSample) -> None:
    outcomes = sample.outcomes or ["done"] * len(sample.asked)
    for question, expected, outcome in zip(sample.asked, sample.shown, outcomes, strict=True):
        shown, ended = await room.ask(question)
        assert matches(expected, shown), f"shown: {shown!r}, expected: {expected!r}"
        assert ended == outcome
    assert all(text in shown for text in sample.shown_has), shown


def check_requests(requests: list[RawRequest], sample: ServiceSample) -> None:
    if sample.requests is not None:
        assert len(requests) == sample.requests
    if sample.most_requests is not None:
        assert len(requests) <= sample.most_requests
    if sample.paths:
        assert [request.path.partition("?")[0] for request in requests] == list(sample.paths)
    for number in (sample.request_has.keys() | sample.request_lacks.keys()) - {"last"}:
        check_request(requests[int(number) - 1], number, sample)


def check_request(request: RawRequest, number: str, sample: ServiceSample) -> None:
    for text in sample.request_has.get(number, ()):
        assert text in request.text
    for text in sample.request_lacks.get(number, ()):
        assert text not in request.text


def check_next_request(request: RawRequest, sample: ServiceSample) -> None:
    """It is one that a strict service takes, and tells what the sample says."""
    check_request(request, "last", sample)
    told = check_that_a_strict_service_takes(request)
    assert ORDINARY_QUESTION in told[-1][1]
    notices = [prompts.load(name) for name in prompts.names() if name.startswith("notice_")]
    forbidden = [*sample.never_told, *notices]
    assert not [text for _, said in told for text in forbidden if text in said], told
    if sample.told_next:
        assert len(told) == len(sample.told_next), told
        for (role, text), (expected_role, expected) in zip(told, sample.told_next, strict=True):
            assert role == expected_role
            told_so = matches(expected, text) or matches(expected, without_notes(text))
            assert told_so, f"told: {text!r}, expected: {expected!r}"


def warnings(records: list[logging.LogRecord]) -> list[logging.LogRecord]:
    ours = (record for record in records if record.name.startswith("assistant"))
    return [record for record in ours if record.levelno >= logging.WARNING]


def check_causes(records: list[logging.LogRecord], sample: ServiceSample) -> None:
    causes = {record.__dict__.get("cause") for record in warnings(records)}
    match sample.logged:
        case None:
            assert causes == set()
        case str(cause):
            assert cause == UNSAID or causes == {cause}
        case possible:
            assert causes
            assert causes <= set(possible)


def check_that_nobody_is_quoted(records: list[logging.LogRecord], sample: ServiceSample) -> None:
    answers = [text for expected in sample.shown for text in literals(expected)]
    for record in records:
        fields = {k: v for k, v in record.__dict__.items() if not k.startswith("lk.pii.")}
        said = f"{record.getMessage()} {fields}"
        quoted = [text for text in (*sample.asked, *answers) if len(text) > 5 and text in said]
        assert not quoted, f"{record.name}: {record.getMessage()}"
