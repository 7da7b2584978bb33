"""A question whose answer can be watched while it grows."""

from __future__ import annotations

from tests.browser.chat_page import ChatPage
from tests.doubles import FakeOpenAI, Reply, words

LONG = " ".join(f"word{n}" for n in range(60))
"""An answer of 60 tokens."""

BEGINNING = 3
"""Tokens that the LLM says before it waits for its readers."""


def ask(llm: FakeOpenAI, asker: ChatPage, question: str, answer: str, *readers: ChatPage) -> None:
    """Have `asker` ask; the LLM goes on only once all of them show how its answer begins.

    The room can announce a person to the agent seconds late: until then it is shown nothing.
    """
    tokens = words(answer)
    reply = Reply(tokens, interval=0.025, hold_after=BEGINNING)
    llm.script = lambda _: reply
    asker.say(question)
    for chat in (asker, *readers):
        chat.wait_for_beginning("".join(tokens[:BEGINNING]))
    reply.release.set()
