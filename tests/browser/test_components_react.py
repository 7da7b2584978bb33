"""Pages built with components-react, as the LiveKit playground is."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.chat_page import Bubble, ChatPage, OpenChat, only_grows
from tests.browser.growing import LONG, ask
from tests.doubles import FakeOpenAI

AGENT = "Assistant"
FEWEST_STEPS = 10
"""Of the 60 tokens of `LONG`; the rest may arrive together on a busy machine."""

MIXED_SCRIPT = "Ünïcödé 日本語 👩‍👩‍👧‍👦 مرحبا — **bold**, `code`, <b>not markup</b> & 🎉"

page = pytest.mark.parametrize("page", ["react-2.9.20", "react-2.9.24"])


def assert_grew(chat: ChatPage, text: str, nth: int = 0) -> None:
    """Check that the agent's nth reply grew to `text` in its one bubble."""
    chat.wait_for_text(text)
    texts = chat.growth(AGENT, nth)
    assert texts[-1] == text
    assert only_grows(texts)
    assert len(texts) >= FEWEST_STEPS


@page
def test_reply_grows_in_one_bubble_with_the_agents_name(
    page: str, open_chat: OpenChat, fake_openai: FakeOpenAI
) -> None:
    ann = open_chat(page)
    ann.connect()
    ask(fake_openai, ann, "Tell me something long.", LONG)

    assert_grew(ann, LONG)
    assert ann.bubbles() == [Bubble("Ann", "Tell me something long."), Bubble(AGENT, LONG)]
    assert ann.most_bubbles() == 2


@page
def test_chat_box_appears_at_every_load(page: str, open_chat: OpenChat) -> None:
    ann = open_chat(page)
    for _ in range(3):
        ann.connect()
        ann.load()


@page
def test_chat_box_appears_when_the_agent_is_already_there(page: str, open_chat: OpenChat) -> None:
    open_chat(page, person="Ann").connect()
    ben = open_chat(page, person="Ben")
    ben.connect()
    ben.say("Hello")
    ben.wait_for_text("You said: Hello")


@page
def test_second_browser_sees_the_same_bubble_grow_and_can_ask(
    page: str, open_chat: OpenChat, fake_openai: FakeOpenAI
) -> None:
    ann = open_chat(page, person="Ann")
    ann.connect()
    ann.input.press_sequentially("Half a thou")
    ben = open_chat(page, person="Ben")
    ben.connect()
    expect(ann.input).to_have_value("Half a thou")
    ask(fake_openai, ann, "ght", LONG)
    assert_grew(ann, LONG)
    # The room can announce Ben to the agent as late as during this reply: he gets it whole then.
    ben.wait_for_text(LONG)
    assert only_grows(ben.growth(AGENT))

    for_ben = f"For Ben: {LONG}"
    ask(fake_openai, ben, "And now me", for_ben, ann)
    for chat in (ann, ben):
        assert_grew(chat, for_ben, 1)
        assert chat.bubbles() == [
            Bubble("Ann", "Half a thought"),
            Bubble(AGENT, LONG),
            Bubble("Ben", "And now me"),
            Bubble(AGENT, for_ben),
        ]
        assert chat.most_bubbles() == 4


@page
def test_disconnecting_and_connecting_again(
    page: str, open_chat: OpenChat, fake_openai: FakeOpenAI
) -> None:
    ann = open_chat(page)
    ann.connect()
    ann.say("first")
    ann.wait_for_text("You said: first")
    ann.disconnect()

    ann.connect()
    ask(fake_openai, ann, "second", LONG)
    ann.wait_for_text(LONG)
    texts = ann.growth(AGENT)
    assert only_grows(texts[texts.index("You said: first") + 1 :])
    # The hooks begin with an empty list at each connection.
    assert ann.bubbles() == [Bubble("Ann", "second"), Bubble(AGENT, LONG)]


@page
def test_one_message_after_another(page: str, open_chat: OpenChat, fake_openai: FakeOpenAI) -> None:
    ann = open_chat(page)
    ann.connect()
    expected = []
    for number in range(2):
        text = f"{number}: {LONG}"
        ask(fake_openai, ann, f"question {number}", text)
        assert_grew(ann, text, nth=number)
        expected += [Bubble("Ann", f"question {number}"), Bubble(AGENT, text)]
        assert ann.bubbles() == expected
        assert ann.most_bubbles() == len(expected)


@page
def test_any_script_and_markup_arrives_as_it_was_written(page: str, open_chat: OpenChat) -> None:
    ann = open_chat(page)
    ann.connect()
    ann.say(MIXED_SCRIPT)
    ann.wait_for_text(f"You said: {MIXED_SCRIPT}")
    assert ann.bubbles() == [
        Bubble("Ann", MIXED_SCRIPT),
        Bubble(AGENT, f"You said: {MIXED_SCRIPT}"),
    ]
    assert only_grows(ann.growth(AGENT))
