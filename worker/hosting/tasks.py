"""Which job a task belongs to, and its stack: readable from any thread."""

from __future__ import annotations

import asyncio
import contextvars
import gc
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import Any

from livekit.agents import JobContext

from .internals import Feature, Internal

try:
    from livekit.agents.job import _JobContextVar
except ImportError:  # A worker can do without, see FEATURE.
    _JobContextVar = contextvars.ContextVar("no job")

FEATURE = Feature(
    "the log does not say which job blocks the event loop",
    (Internal("livekit.agents.job", "_JobContextVar"),),
)

DEEPEST = 12
"""Frames that are kept of a stack, counted from where it is."""


def job_of(task: asyncio.Task[Any]) -> JobContext | None:
    """Return the job in whose context a task runs; None for the worker's own tasks."""
    context = _context_of(task)
    return context.get(_JobContextVar) if context is not None else None


def tasks_of(jobs: Iterable[JobContext]) -> list[asyncio.Task[Any]]:
    """Return the unfinished tasks of these jobs on the running loop."""
    wanted = {id(job) for job in jobs}
    return [task for task in asyncio.all_tasks() if id(job_of(task)) in wanted]


def _context_of(task: asyncio.Task[Any]) -> contextvars.Context | None:
    get_context = getattr(task, "get_context", None)
    if get_context is not None:
        context: contextvars.Context = get_context()
        return context
    # Before Python 3.12 a task shows its context to the garbage collector alone.
    referents = gc.get_referents(task)
    return next((r for r in referents if isinstance(r, contextvars.Context)), None)


def where_suspended(task: asyncio.Task[Any]) -> list[str]:
    """Return the stack of a task that awaits something: file, line and function, outermost first.

    No source text and no values: they might be what somebody said.
    """
    return [describe_frame(frame) for frame in _await_chain(task.get_coro())][-DEEPEST:]


def _await_chain(awaitable: object) -> Iterator[FrameType]:
    while awaitable is not None:
        for prefix in ("cr", "gi", "ag"):
            frame = getattr(awaitable, f"{prefix}_frame", None)
            if frame is not None:
                yield frame
                break
        else:
            return
        awaitable = getattr(awaitable, "cr_await", getattr(awaitable, "gi_yieldfrom", None))


def where_running(frame: FrameType | None) -> list[str]:
    """Return the stack of a running thread, as `where_suspended` does."""
    lines: list[str] = []
    while frame is not None and len(lines) < DEEPEST:
        lines.append(describe_frame(frame))
        frame = frame.f_back
    return lines[::-1]


def describe_frame(frame: FrameType) -> str:
    """Return a frame's place as ``file.py:12 function``."""
    folder, _, name = frame.f_code.co_filename.rpartition("/")
    parent = folder.rpartition("/")[2]
    return f"{parent}/{name}:{frame.f_lineno} {frame.f_code.co_name}"
