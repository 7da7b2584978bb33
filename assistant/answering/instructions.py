"""The instructions of the LLM, which come before the conversation."""

from __future__ import annotations

import prompts


def instructions(*, hears: bool = False, speaks: bool = False) -> str:
    """The prompts that make up the instructions: the agent's character, and how messages look.

    Args:
        hears: Whether messages may be spoken.
        speaks: Whether answers are read out.
    """
    names = ["instructions", "message_format"]
    if hears:
        names.append("spoken_messages")
    if speaks:
        names.append("spoken_answers")
    return "\n\n".join(prompts.load(name) for name in names)
