"""Where the session's text comes out: it is handed to the reply being written, without waiting."""

from __future__ import annotations

from livekit.agents import io

from assistant.language_model import WITHDRAWN

from .reply import ReplyWriter

STEP_SEPARATOR = "\n\n"
"""Put between the texts that an LLM writes before and after a tool call."""


class ReplyTextOutput(io.TextOutput):
    """A text output whose `capture_text` only appends, so that the LLM never waits for a network."""

    def __init__(self) -> None:
        super().__init__(label="Chat", next_in_chain=None)
        self._reply: ReplyWriter | None = None
        self._step_ended = False
        self._step_start = 0

    @property
    def reply(self) -> ReplyWriter | None:
        """The reply that the next text belongs to; None drops it."""
        return self._reply

    @reply.setter
    def reply(self, reply: ReplyWriter | None) -> None:
        self._reply = reply
        self._step_start = 0

    async def capture_text(self, text: str) -> None:
        """Take the next piece of text."""
        if self.reply is None:
            return
        if self._step_ended and self.reply.has_text:
            self.reply.append(STEP_SEPARATOR)
            self._step_start = len(self.reply.text)
        self._step_ended = False
        _, withdrawn, text = text.rpartition(WITHDRAWN)
        if withdrawn:
            self.reply.withdraw(self._step_start)
        self.reply.append(text)

    def flush(self) -> None:
        """Note that the LLM finished a step: more text of the same reply may follow a tool call."""
        self._step_ended = True
