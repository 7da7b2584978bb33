"""A browser, the chat pages, and a worker that a whole module of tests shares."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.chat_page import ChatPage, OpenChat
from tests.browser.page_server import build_pages, served_pages
from tests.doubles import FakeOpenAI, echo
from tests.tokens import MintToken
from tests.worker_process import WorkerProcess, running_worker
from worker.devstack.livekit_server import LiveKitServer

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the installed browser."""
    return _require("a Chromium browser", *BROWSERS)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A Chromium with fake microphone and camera."""
    # Playwright's loop runs in this thread until the module ends: async tests belong elsewhere.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def pages(chromium: str) -> Iterator[str]:
    """The address under which the chat pages are served; asks for a browser before it builds."""
    build_pages(_require("Node.js with npm", "npm"))
    with served_pages() as address:
        yield address


@pytest.fixture(scope="module")
def shared_openai() -> Iterator[FakeOpenAI]:
    """The LLM of the module's worker."""
    with FakeOpenAI() as llm:
        yield llm


@pytest.fixture
def fake_openai(shared_openai: FakeOpenAI) -> FakeOpenAI:
    """The module's LLM, which has forgotten what another test told it."""
    shared_openai.script = echo
    return shared_openai


@pytest.fixture(scope="module")
def worker(livekit_server: LiveKitServer, shared_openai: FakeOpenAI) -> Iterator[WorkerProcess]:
    """One worker for all rooms of the module."""
    with running_worker(livekit_server, shared_openai) as process:
        yield process


@pytest.fixture
def open_chat(
    browser: Browser,
    pages: str,
    livekit_server: LiveKitServer,
    token: MintToken,
    fake_openai: FakeOpenAI,
    worker: WorkerProcess,
) -> Iterator[OpenChat]:
    """Opens pages in a room of the test's own; none of them may have logged an error."""
    room = f"browser-{uuid4().hex[:8]}"
    contexts = []
    chats = []

    def open_chat(page: str, *, person: str = "Ann", script: str = "") -> ChatPage:
        access = {
            "url": livekit_server.url,
            "token": token(person.lower(), room, name=person),
        }
        contexts.append(browser.new_context())
        address = f"{pages}/{page}.html#{urlencode(access)}"
        chat = ChatPage(contexts[-1].new_page(), address, script)
        chats.append(chat)
        return chat

    yield open_chat
    for context in contexts:
        context.close()
    assert [problem for chat in chats for problem in chat.problems] == []


def _require(what: str, *names: str) -> str:
    """Return the path of the first program found; its absence fails a CI run and skips here."""
    for name in names:
        if path := shutil.which(name):
            return path
    message = f"the browser tests need {what}: none of {', '.join(names)} is on PATH"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)
