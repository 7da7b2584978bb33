"""What the package exports, and what it must not load."""

from __future__ import annotations

import subprocess
import sys

import chat


def test_exports_the_public_names() -> None:
    assert chat.__all__ == [
        "Attachment",
        "ChatManager",
        "ChatMessage",
        "Dialect",
        "MissingAttachment",
        "OwnedTasks",
        "RejectedMessage",
        "TranscriptReader",
        "failure_fields",
        "generate_id",
        "is_blank",
        "printable_line",
    ]
    assert all(hasattr(chat, name) for name in chat.__all__)


def test_loads_nothing_of_what_stands_above_it() -> None:
    program = (
        "import sys, chat\n"
        "above = ('livekit.agents', 'livekit.plugins', 'openai', 'assistant', 'prompts', 'worker')\n"
        "print([name for name in sys.modules if name.startswith(above)])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert result.stdout.strip() == "[]"
