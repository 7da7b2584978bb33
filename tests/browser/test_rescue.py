"""The worker of a room is killed or told to end in the middle of a reply, and a page sees one whole reply."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from playwright.sync_api import Browser

from tests.browser.chat_page import Bubble, ChatPage, only_grows
from tests.browser.loop_thread import LoopThread
from tests.doubles import Reply, words
from tests.e2e.rescue.deployment import Database, Deployment
from tests.e2e.scripts import in_turn
from tests.tokens import token_minter

AGENT = "Assistant"
QUESTION = "Tell me something."
WHOLE = "Once upon a time there was an end."
HALF = "Once upon "

END_LIMIT = 30.0
"""Seconds for the end of a worker that is told to, on a busy machine."""

LEFT_OPEN = (
    "Participant assistant unexpectedly disconnected in the middle of sending data",
    "A data stream read is already in progress for a stream with id ",
)
"""How the lines begin that the SDK logs of a stream that the killed worker left open, and the next one closes."""

on_react = pytest.mark.parametrize("page", ["react-2.9.20", "react-2.9.24"])


def half() -> Reply:
    """A reply of which two words come at once, and the others when it is released."""
    return Reply(words(WHOLE), hold_after=2)


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Two workers with one store."""
    path = tmp_path_factory.mktemp("memory") / "memory.db"
    with Deployment.start(Database(f"sqlite:///{path}")) as deployment:
        yield deployment


@pytest.fixture
def room(deployment: Deployment) -> str:
    """The name of a room for which there are two workers."""
    deployment.have_workers(2)
    return f"rescue-{uuid4().hex[:8]}"


@pytest.fixture
def ann(
    page: str, room: str, deployment: Deployment, browser: Browser, pages: str
) -> Iterator[ChatPage]:
    """A page in that room."""
    token = token_minter(deployment.server)("ann", room, name="Ann")
    access = {"url": deployment.server.url, "token": token}
    context = browser.new_context()
    chat = ChatPage(context.new_page(), f"{pages}/{page}.html#{urlencode(access)}")
    chat.connect()
    yield chat
    context.close()


def ask(ann: ChatPage, deployment: Deployment, room: str, *replies: Reply) -> None:
    """Ask, and wait until the first half of the first reply is there and stored."""
    deployment.llm.script = in_turn(*replies)
    ann.say(QUESTION)
    ann.wait_for_beginning(HALF.strip())
    with LoopThread() as loop:
        loop.run(deployment.keeps(room, "reply_text", HALF))


def check(ann: ChatPage) -> None:
    """See that there is one whole reply, and that the page can go on."""
    ann.wait_for_text(WHOLE)
    ann.say("And then?")
    ann.wait_for_text("You said: And then?")
    told = [bubble for bubble in ann.bubbles() if "away" not in bubble.text]
    assert told == [
        Bubble("Ann", QUESTION),
        Bubble(AGENT, WHOLE),
        Bubble("Ann", "And then?"),
        Bubble(AGENT, "You said: And then?"),
    ]


@on_react
def test_half_a_reply_of_a_killed_worker_is_completed_once(
    ann: ChatPage, deployment: Deployment, room: str
) -> None:
    reply = half()
    ask(ann, deployment, room, reply, Reply(words(WHOLE)))
    deployment.fleet.kill(deployment.owner(room))
    reply.release.set()
    check(ann)
    assert all(problem.startswith(LEFT_OPEN) for problem in ann.problems), ann.problems


@on_react
def test_a_worker_that_is_told_to_end_completes_its_reply_and_another_goes_on(
    ann: ChatPage, deployment: Deployment, room: str
) -> None:
    reply = half()
    ask(ann, deployment, room, reply)
    former = deployment.owner(room)
    deployment.fleet.end(former)
    reply.release.set()
    ann.wait_for_text(WHOLE)
    assert former.wait_for_end(END_LIMIT) == 0
    deployment.fleet.workers.remove(former)
    check(ann)
    assert deployment.owner(room) is not former
    assert only_grows(ann.growth(AGENT))
    assert not ann.problems
