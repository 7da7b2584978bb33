"""The page without a framework in docs/embedding.md, as it is printed there."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chat_page import ANSWER_LIMIT
from tests.browser.growing import LONG
from tests.doubles import FakeOpenAI, Reply, words
from tests.tokens import MintToken
from tests.worker_process import WorkerProcess
from worker.devstack.livekit_server import LiveKitServer

HELD_AFTER = 3
"""Tokens after which the LLM waits until the page shows them."""


@pytest.fixture
def chat_page(
    browser: Browser,
    pages: str,
    livekit_server: LiveKitServer,
    token: MintToken,
    worker: WorkerProcess,
) -> Iterator[Page]:
    """The page in a room of its own, as soon as it takes messages; it may not have failed."""
    participant_token = token(
        "visitor", f"embedding-{uuid4().hex[:8]}", attributes={"chat.dialect": "stream"}
    )
    access = {"serverUrl": livekit_server.url, "participantToken": participant_token}
    page = browser.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.route("**/token", lambda route: route.fulfill(json=access))
    page.goto(f"{pages}/embedding.html")
    expect(page.get_by_placeholder("Type a message")).to_be_enabled(timeout=ANSWER_LIMIT * 1000)
    yield page
    page.close()
    assert failures == []


def say(page: Page, text: str) -> None:
    page.get_by_placeholder("Type a message").fill(text)
    page.get_by_placeholder("Type a message").press("Enter")


def held_reply(llm: FakeOpenAI) -> Reply:
    """Have the LLM begin `LONG` at the next question, and go on only when it is released."""
    reply = Reply(words(LONG), hold_after=HELD_AFTER)
    llm.script = lambda _: reply
    return reply


def test_answers_grow_in_one_line_of_the_embedded_page(
    chat_page: Page, fake_openai: FakeOpenAI
) -> None:
    lines = chat_page.get_by_role("listitem")
    beginning = "".join(words(LONG)[:HELD_AFTER]).rstrip()
    for number in range(2):
        reply = held_reply(fake_openai)
        say(chat_page, f"question {number}")
        answer = lines.nth(2 * number + 1)
        expect(answer).to_have_text(f"Assistant: {beginning}", timeout=ANSWER_LIMIT * 1000)
        reply.release.set()
        expect(answer).to_have_text(f"Assistant: {LONG}", timeout=ANSWER_LIMIT * 1000)
        expect(lines).to_have_count(2 * number + 2)
        expect(lines.nth(2 * number)).to_have_text(f"You: question {number}")


def test_a_stop_from_the_embedded_page_ends_the_answer(
    chat_page: Page, fake_openai: FakeOpenAI
) -> None:
    held_reply(fake_openai)
    say(chat_page, "Tell me something long.")
    answer = chat_page.get_by_role("listitem").nth(1)
    expect(answer).to_contain_text("word0", timeout=ANSWER_LIMIT * 1000)
    say(chat_page, "/stop")
    expect(answer).to_contain_text("(Stopped.)", timeout=ANSWER_LIMIT * 1000)
