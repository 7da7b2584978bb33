"""`python agent.py …`, and others, as a person runs them in a terminal: what it prints, keys pressed, its end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from tests.environment import environment_with
from tests.waiting import eventually

PROJECT = Path(__file__).parents[2]
START_LIMIT = 60.0
"""Seconds for a program to be ready, on a busy machine."""
END_LIMIT = 20.0
"""Seconds for a program to end."""


class Program:
    """A program in a pseudo-terminal of its own."""

    def __init__(self, process: asyncio.subprocess.Process, terminal: int) -> None:
        self._process = process
        self._terminal = terminal
        self._output = bytearray()
        asyncio.get_running_loop().add_reader(terminal, self._read)

    @property
    def output(self) -> str:
        """All that it printed so far."""
        return self._output.decode(errors="replace")

    @property
    def status(self) -> int | None:
        """Its exit status; None while it runs."""
        return self._process.returncode

    async def prints(self, text: str, limit: float = START_LIMIT) -> None:
        """Wait until it has printed `text`."""
        with contextlib.suppress(TimeoutError):
            await eventually(lambda: text in self.output or self.status is not None, limit)
        assert text in self.output, f"not printed: {text!r}\n{self.output[-4_000:]}"

    async def enter(self, line: str) -> None:
        """Type a line into LiveKit's console."""
        for typed in range(1, len(line) + 1):
            await self._press(line[typed - 1], f"{line[:typed]}\x1b[37m\u2588")
        await self._press("\r", "Thinking")

    async def press_until_it_ends(self, key: str) -> None:
        """Press a key of LiveKit's console until the program is gone, or has no more terminal."""
        # As with others, it throws away what comes before it is ready.
        for _ in range(5):
            os.write(self._terminal, key.encode())
            with contextlib.suppress(TimeoutError):
                await eventually(lambda: self.status is not None, 4)
                return

    async def _press(self, key: str, echo: str) -> None:
        # The console throws away keys that come before it is ready for the next one.
        for _ in range(5):
            os.write(self._terminal, key.encode())
            with contextlib.suppress(TimeoutError):
                await eventually(lambda: echo in self.output, 2)
                return
        raise AssertionError(f"{key!r} was not taken\n{self.output[-2_000:]}")

    def signal(self, number: signal.Signals, *, group: bool = False) -> None:
        """Send it a signal; with `group` to all its processes, as Ctrl-C in a terminal does."""
        (os.killpg if group else os.kill)(self._process.pid, number)

    async def ends(self, limit: float = END_LIMIT) -> int:
        """Wait for its end, and return the exit status."""
        return await asyncio.wait_for(self._process.wait(), limit)

    async def stop(self) -> None:
        """End it and all that it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        self._close()

    def _read(self) -> None:
        try:
            chunk = os.read(self._terminal, 65_536)
        except OSError:  # Nobody holds the terminal's other end any more.
            chunk = b""
        self._output += chunk
        if not chunk:
            asyncio.get_running_loop().remove_reader(self._terminal)

    def _close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._terminal)
        os.close(self._terminal)


@contextlib.asynccontextmanager
async def agent_program(
    *arguments: str, settings: Mapping[str, str] | None = None, folder: Path = PROJECT
) -> AsyncIterator[Program]:
    """Run ``python agent.py`` with `arguments`, see `python_program`."""
    command = [str(PROJECT / "agent.py"), *arguments]
    async with python_program(*command, settings=settings, folder=folder) as program:
        yield program


@contextlib.asynccontextmanager
async def python_program(
    *arguments: str, settings: Mapping[str, str] | None = None, folder: Path = PROJECT
) -> AsyncIterator[Program]:
    """Run Python with `arguments`, and only these of our environment variables.

    Args:
        arguments: The command line.
        settings: Variables of ours.
        folder: Where to run it, and find its ``.env``.
    """
    terminal, other_end = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        stdin=other_end,
        stdout=other_end,
        stderr=other_end,
        cwd=folder,
        env=environment_with(TERM="xterm", COLUMNS="200", **(settings or {})),
        start_new_session=True,
    )
    os.close(other_end)
    program = Program(process, terminal)
    try:
        yield program
    finally:
        await program.stop()
