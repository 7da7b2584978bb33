"""A chat takes an edit of what only a former agent was told for a new message."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.unit.assistant.remembering import Life
from tests.unit.assistant.scene import play


@pytest.mark.parametrize("text", ["one", "two"], ids=["sent again", "edited"])
def test_a_message_of_before_that_seems_new_is_asked_only_if_it_says_something_else(
    text: str,
) -> None:
    async def scene() -> None:
        life = Life()
        async with life.agent() as scene:
            asked = scene.chat.receive("one")
            await scene.has_completed(1)
            await scene.answering.delivered()
        async with life.agent() as scene:
            await asyncio.sleep(1.0)
            scene.chat.emit("message_received", replace(asked, message=text, edited=False))
            await scene.shown(f"echo {text}")
            await asyncio.sleep(10.0)
            assert len(scene.asked) == (text != "one")
        ((question, _),) = life.store.only.questions.values()
        assert question.text == text

    play(scene())
