"""The agent's words, one Markdown file per prompt.

``instructions`` is what the LLM is told; every ``notice_…`` is a line that people see in the chat.
To change the agent's tone, edit ``instructions.md``.
"""

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent


def names() -> list[str]:
    """The prompts there are, sorted."""
    return sorted(path.stem for path in _FOLDER.glob("*.md"))


@cache
def load(name: str) -> str:
    """The text of a prompt, without the white space around it.

    Raises:
        FileNotFoundError: There is no such prompt.
        ValueError: The prompt is empty.
    """
    text = (_FOLDER / f"{name}.md").read_text(encoding="utf-8").strip()
    if not text:
        raise ValueError(f"prompt {name!r} is empty")
    return text


def fill(name: str, **values: str) -> str:
    """The text of a prompt, with each value in the place that has its name in braces.

    Raises:
        FileNotFoundError: There is no such prompt.
        ValueError: The prompt is empty.
    """
    text = load(name)
    for place, value in values.items():
        text = text.replace(f"{{{place}}}", value)
    return text
