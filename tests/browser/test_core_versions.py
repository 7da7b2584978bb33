"""Pages on `setupChat` as published from 2024 to today, each with the client SDK of its time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.chat_page import Bubble, ChatPage, OpenChat, only_grows
from tests.browser.growing import LONG, ask
from tests.doubles import FakeOpenAI, Message, Reply, last_user_text

AGENT = "Assistant"

STREAM_STEPS = 10
"""Of the 60 tokens of `LONG`, what a page that reads text streams shows at least."""
EDIT_STEPS = 3
"""The same for a page that is sent the full text again and again, a few times a second."""

VERSIONS = {
    "core-0.9.3": EDIT_STEPS,
    "core-0.11.5": EDIT_STEPS,
    "core-0.12.1": EDIT_STEPS,
    "core-0.12.15": STREAM_STEPS,
}

INTRODUCTIONS = 10
"""Rounds in which the agent must have learned who everybody is."""

every_version = pytest.mark.parametrize(("page", "steps"), VERSIONS.items())


@every_version
def test_reply_grows_in_one_bubble(
    page: str, steps: int, open_chat: OpenChat, fake_openai: FakeOpenAI
) -> None:
    ann = open_chat(page)
    ann.wait_for_participant(AGENT)
    ask(fake_openai, ann, "Tell me something long.", LONG)
    ann.wait_for_text(LONG)

    texts = ann.growth(AGENT)
    assert only_grows(texts)
    assert len(texts) >= steps
    assert ann.bubbles() == [Bubble("Ann", "Tell me something long."), Bubble(AGENT, LONG)]
    assert ann.most_bubbles() == 2


def test_all_versions_in_one_room(open_chat: OpenChat, fake_openai: FakeOpenAI) -> None:
    chats = open_all(open_chat)
    introduce(fake_openai, chats)
    for nth, (page, chat) in enumerate(chats.items()):
        answer = f"{nth}: {LONG}"
        ask(fake_openai, chat, f"{AGENT}, hello from {page}", answer, *chats.values())
        for reader, steps in zip(chats.values(), VERSIONS.values(), strict=True):
            reader.wait_for_text(answer)
            # A page sends its JSON twin after the text stream: the agent can be faster than that.
            asked = Bubble(page, f"{AGENT}, hello from {page}")
            assert set(reader.bubbles()[-2:]) == {asked, Bubble(AGENT, answer)}
            replies = sum(bubble.author == AGENT for bubble in reader.bubbles())
            texts = reader.growth(AGENT, replies - 1)
            assert only_grows(texts)
            assert len(texts) >= steps
    for reader in chats.values():
        assert reader.most_bubbles() == len(reader.bubbles()) == len(set(reader.bubbles()))


def test_a_page_that_has_not_written_yet_sees_the_answers_to_others(open_chat: OpenChat) -> None:
    chats = open_all(open_chat)
    chats["core-0.12.15"].say(f"Is {AGENT} here?")
    for reader in chats.values():
        reader.wait_for_text(f"You said: Is {AGENT} here?")


def open_all(open_chat: OpenChat) -> dict[str, ChatPage]:
    """Open every version in one room, each as a person named after it."""
    chats = {page: open_chat(page, person=page) for page in VERSIONS}
    for chat in chats.values():
        chat.wait_for_participant(AGENT)
    return chats


def introduce(llm: FakeOpenAI, chats: dict[str, ChatPage]) -> None:
    """Have every page say hello until the agent knows which page it was.

    The room announces people up to three seconds late. A JSON packet that comes before that is
    nobody's where several are there, and does not tell the agent what its page reads.
    """
    unknown = dict(chats)
    for attempt in range(INTRODUCTIONS):
        for page, chat in list(unknown.items()):
            welcome = f"Welcome, {page}, in round {attempt}."
            llm.script = reply_with(welcome)
            chat.say(f"{AGENT}, {page} is here in round {attempt}")
            chat.wait_for_text(welcome)
            if f'{{"from": "{page}"' in last_user_text(llm.requests[-1]["messages"]):
                del unknown[page]
        if not unknown:
            return
    raise AssertionError(f"the agent does not know who wrote: {list(unknown)}")


def reply_with(text: str) -> Callable[[list[Message]], Reply]:
    """What the LLM says, whoever wrote before."""
    return lambda _: Reply([text])
