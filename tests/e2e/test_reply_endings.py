"""A reply that ends otherwise than by the LLM's last word says so, and the room goes on."""

from __future__ import annotations

import pytest

import prompts
from tests.doubles import FakeOpenAI, Reply
from tests.e2e.people import Door
from tests.e2e.scripts import in_turn

CUT = prompts.load("notice_cut")
FILTERED = prompts.load("notice_filtered")
LONGEST = 100_000
"""Characters of the longest reply."""


@pytest.mark.parametrize(
    ("reply", "shown"),
    [
        (Reply(["x" * 1_000] * 200), f"{'x' * LONGEST}\n\n{CUT}"),
        (Reply(["So far"], finish_reason="length"), f"So far\n\n{CUT}"),
        (Reply(["So far"], finish_reason="content_filter"), f"So far\n\n{FILTERED}"),
    ],
    ids=["flood", "length", "filter"],
)
async def test_the_bubble_says_how_it_ended(
    door: Door, llm: FakeOpenAI, reply: Reply, shown: str
) -> None:
    llm.script = in_turn(reply)
    async with door.enter("ada", dialect="stream") as ada:
        await ada.ask("tell me", shown)
        await ada.ask("next")
