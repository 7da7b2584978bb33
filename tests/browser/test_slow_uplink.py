"""Pages whose uplink is slow: the JSON twin of a message comes long after its text stream."""

from __future__ import annotations

import pytest

from chat.wire import BLANK
from tests.browser.chat_page import Bubble, ChatPage, OpenChat
from tests.browser.growing import BEGINNING, LONG, ask
from tests.doubles import FakeOpenAI, Reply, words

AGENT = "Assistant"

HOLD_TWINS = """
(() => {
  const send = RTCDataChannel.prototype.send;
  const held = [];
  let holds = true;
  window.heldSince = Infinity;
  RTCDataChannel.prototype.send = function (data) {
    const isTwin = new TextDecoder().decode(data).includes("ignoreLegacy");
    if (!isTwin || !holds) return send.call(this, data);
    window.heldSince = performance.now();
    held.push([this, data]);
  };
  window.releaseTwins = () => {
    holds = false;
    for (const [channel, data] of held) send.call(channel, data);
  };
})();
"""
"""Holds back the JSON twins that the page sends, until they are released."""

TWIN_IS_LATE = "performance.now() - window.heldSince > 1000"


def shown_by_agent(chat: ChatPage) -> list[str]:
    """The texts of the agent's bubbles that are not empty."""
    texts = [bubble.text for bubble in chat.bubbles() if bubble.author == AGENT]
    return [text for text in texts if text != BLANK]


def test_a_page_without_transcriptions_shows_its_first_answer_once(
    open_chat: OpenChat, fake_openai: FakeOpenAI
) -> None:
    ann = open_chat("core-0.12.15", script=HOLD_TWINS)
    ann.wait_for_participant(AGENT)
    tokens = words(LONG)
    reply = Reply(tokens, hold_after=BEGINNING)
    fake_openai.script = lambda _: reply
    ann.say("Tell me something long.")
    ann.wait_until(TWIN_IS_LATE)
    assert shown_by_agent(ann) == []
    ann.run("releaseTwins()")
    ann.wait_for_beginning("".join(tokens[:BEGINNING]))
    reply.release.set()
    ann.wait_for_text(LONG)
    assert ann.bubbles() == [Bubble("Ann", "Tell me something long."), Bubble(AGENT, LONG)]

    ask(fake_openai, ann, "And again", f"Again: {LONG}")
    ann.wait_for_text(f"Again: {LONG}")
    assert shown_by_agent(ann) == [LONG, f"Again: {LONG}"]


@pytest.mark.parametrize("page", ["react-2.9.20", "react-2.9.24"])
def test_a_page_with_transcriptions_shows_its_first_answer_once(
    page: str, open_chat: OpenChat, fake_openai: FakeOpenAI
) -> None:
    ann = open_chat(page, script=HOLD_TWINS)
    ann.connect()
    ask(fake_openai, ann, "Tell me something long.", LONG)
    ann.wait_for_text(LONG)
    ann.run("releaseTwins()")
    # Until the transcription's text is gone.
    ann.wait_for_text(BLANK)
    ann.wait_for_text(LONG)
    assert shown_by_agent(ann) == [LONG]

    ask(fake_openai, ann, "And again", f"Again: {LONG}")
    ann.wait_for_text(f"Again: {LONG}")
    assert shown_by_agent(ann) == [LONG, f"Again: {LONG}"]
