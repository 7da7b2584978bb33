"""The instructions of the LLM, which come before the conversation."""

from __future__ import annotations

import prompts


def instructions() -> str:
    """The prompts that make up the instructions: the agent's character, and how messages look."""
    return "\n\n".join(prompts.load(name) for name in ("instructions", "message_format"))
