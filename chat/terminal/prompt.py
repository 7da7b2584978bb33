"""The interface in a terminal: complete messages above; growing ones and the line editor below."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from prompt_toolkit import PromptSession
from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.formatted_text import ANSI
from rich.console import Console, Group
from rich.rule import Rule
from rich.text import Text

from chat.printable import printable_line

from .commands import Leave, Say, Tell, interpret
from .transcript import Entry, Message, Notice, Transcript
from .view import printed_lines, render, render_growing

REDRAW_INTERVAL = 0.05
"""Seconds between two redraws; a reply can grow many times meanwhile."""

EDITOR_ROWS = 4
"""Rows kept free for what the user types and the line above it."""


class PromptFace:
    """Rich renders, prompt_toolkit owns the terminal and edits the line."""

    def __init__(self, transcript: Transcript, console: Console) -> None:
        """Show `transcript` on the terminal that `console` writes to."""
        self._transcript = transcript
        self._console = console
        self._growing: tuple[Message, ...] = ()
        self._drawn: tuple[object, ANSI] | None = None
        self._last: Entry | None = None
        self._closed = False
        self._session: PromptSession[str] = PromptSession(
            message=self.above_cursor, erase_when_done=True
        )
        self._session.app.min_redraw_interval = REDRAW_INTERVAL

    async def show(self, entries: Sequence[Entry]) -> None:
        """Print `entries` above the prompt, and redraw what is still growing."""
        if entries:
            await run_in_terminal(lambda: self._print(entries))
        else:
            self._growing = self._transcript.growing
            self._session.app.invalidate()

    async def lines(self) -> AsyncIterator[str]:
        """Yield each line to send, until Ctrl-C, Ctrl-D, `/quit` or `close`."""
        while not self._closed:
            try:
                line = await self._session.prompt_async(
                    set_exception_handler=False, handle_sigint=False
                )
            except (EOFError, KeyboardInterrupt):
                return
            match interpret(line):
                case Say(text) if text.strip():
                    yield text
                case Tell(told):
                    await self.show([Notice(printable_line(each)) for each in told])
                case Leave():
                    return

    def close(self) -> None:
        """Take the prompt away."""
        self._closed = True
        app = self._session.app
        if app.is_running and not app.is_done:
            app.exit(exception=EOFError)

    def _print(self, entries: Sequence[Entry]) -> None:
        # What became final leaves the redrawn part in the same step, never before.
        self._growing = self._transcript.growing
        for entry in entries:
            if isinstance(entry, Message) or isinstance(self._last, Message):
                self._console.print()
            self._console.print(printed_lines(render(entry), self._console), end="")
            self._last = entry

    def above_cursor(self) -> ANSI:
        """Return what is drawn before the user's own text: what grows, the status, the prompt."""
        # The editor asks several times for each redraw, and Markdown is not cheap.
        key = (self._growing, self._transcript.status, self._console.size)
        if self._drawn is None or self._drawn[0] != key:
            self._drawn = (key, self._draw())
        return self._drawn[1]

    def _draw(self) -> ANSI:
        parts = [part for message in self._growing for part in ("", render_growing(message))]
        rows = max(1, self._console.height - EDITOR_ROWS)
        status = Text(f"{self._transcript.status} · /help · Ctrl-C leaves")
        with self._console.capture() as capture:
            self._console.print(printed_lines(Group(*parts, ""), self._console, rows), end="")
            self._console.print(Rule(status, style="dim", align="left"))
            self._console.print("> ", end="")
        return ANSI(capture.get())
