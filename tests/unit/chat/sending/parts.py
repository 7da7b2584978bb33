"""All the parts of a text at once."""

from __future__ import annotations

from chat.sending.splitting import PART_BYTES, Splitter


def split(text: str, limit: int = PART_BYTES) -> list[str]:
    """Cut a text into parts, see `Splitter`."""
    splitter = Splitter(limit)
    parts: list[str] = []
    while (part := splitter.part(text, len(parts))) is not None:
        parts.append(part)
    return parts
