"""What of livekit-agents is used here that its documentation does not promise.

livekit-agents runs a job in a process or a thread, and has no hook for anything else. Whatever is
touched beyond its public names is listed in this module and nowhere else checked, so that an update
which moves some of it costs one warning and the shared process, not the worker.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, reduce
from importlib import import_module
from inspect import getattr_static
from typing import Any

_JOB = "livekit.agents.ipc.job_proc_lazy_main"
_POOL = "livekit.agents.ipc.proc_pool"


@dataclass(frozen=True)
class Internal:
    """A name that must be there, and what must be true of it."""

    module: str
    """Where it is imported from."""

    name: str
    """Its name in the module, dotted for a member of a class."""

    parameters: frozenset[str] = frozenset()
    """Parameters that it must take."""

    touches: frozenset[str] = frozenset()
    """Attributes and globals that its code must use, because a subclass relies on them."""


@dataclass(frozen=True)
class Feature:
    """Something that is built on internals, and is done without where one of them has moved."""

    lost: str
    """What that costs, for the log."""

    internals: tuple[Internal, ...]
    """All that it needs."""

    @cached_property
    def misfits(self) -> list[str]:
        """What the installed packages lack of it, a line for each; empty if they fit."""
        return find_misfits(self.internals)


INTERNALS = (
    Internal(
        "livekit.agents",
        "AgentServer.run",
        touches=frozenset({"ipc", "proc_pool", "ProcPool", "_proc_pool"}),
    ),
    Internal(
        _POOL,
        "ProcPool.__init__",
        touches=frozenset(
            {
                "_initialize_process_fnc",
                "_job_entrypoint_fnc",
                "_session_end_fnc",
                "_simulation_end_fnc",
                "_session_end_timeout",
                "_close_timeout",
                "_inf_executor",
                "_http_proxy",
                "_executors",
                "_started",
                "_closed",
            }
        ),
    ),
    Internal(_POOL, "ProcPool.start"),
    Internal(_POOL, "ProcPool.aclose"),
    Internal(_POOL, "ProcPool.launch_job", frozenset({"info"})),
    Internal(_POOL, "ProcPool.get_by_job_id", frozenset({"job_id"}), frozenset({"_executors"})),
    Internal(
        _JOB,
        "_JobProc.__init__",
        frozenset(
            {
                "initialize_process_fnc",
                "job_entrypoint_fnc",
                "session_end_fnc",
                "session_end_timeout",
                "executor_type",
                "simulation_end_fnc",
            }
        ),
    ),
    Internal(
        _JOB, "_JobProc.initialize", touches=frozenset({"_client", "_inf_client", "_job_proc"})
    ),
    Internal(_JOB, "_JobProc.entrypoint", frozenset({"cch"}), frozenset({"_exit_proc_flag"})),
    Internal(_JOB, "_JobProc._start_job", frozenset({"msg"}), frozenset({"_room", "_job_ctx"})),
    Internal(
        _JOB,
        "_JobProc._shutdown_job",
        frozenset({"job_entry_task", "shutdown_info"}),
        frozenset({"_client", "_room"}),
    ),
    Internal(_JOB, "_InfClient.__init__", frozenset({"proc_client"})),
    Internal(_JOB, "_InfClient.do_inference", frozenset({"method", "data"})),
    Internal("livekit.agents.ipc.proto", "StartJobRequest"),
    Internal("livekit.agents.ipc.proto", "ShutdownRequest.__init__", frozenset({"reason"})),
    Internal("livekit.agents.ipc.job_executor", "JobStatus.FAILED"),
    Internal("livekit.agents.job", "_JobContextVar"),
    Internal(
        "livekit.agents.job",
        "RunningJobInfo.__init__",
        frozenset({"assigned_at", "launched_at"}),
    ),
    Internal("livekit.agents.job", "JobContext.__init__", touches=frozenset({"_info"})),
    Internal("livekit.agents.telemetry.metrics", "job_started"),
    Internal("livekit.agents.telemetry.metrics", "job_ended"),
    Internal("livekit.agents.utils.aio", "Chan.send_nowait"),
)


def find_misfits(internals: tuple[Internal, ...] = INTERNALS) -> list[str]:
    """Say what the installed packages lack of what is used, a line for each; empty if they fit."""
    return [line for internal in internals for line in _misfits_of(internal)]


def _misfits_of(internal: Internal) -> Iterator[str]:
    where = f"{internal.module}.{internal.name}"
    try:
        # Looked up as it stands: to ask for some of it would start the SDK's native side.
        found: Any = reduce(
            getattr_static, internal.name.split("."), import_module(internal.module)
        )
    except (ImportError, AttributeError):
        yield f"{where} is gone"
        return
    try:
        yield from _differences(where, internal, found)
    except (AttributeError, TypeError, ValueError):
        yield f"{where} is no function"


def _differences(where: str, internal: Internal, found: Any) -> Iterator[str]:
    if internal.parameters:
        for missing in sorted(internal.parameters - set(inspect.signature(found).parameters)):
            yield f"{where} takes no {missing}"
    if internal.touches:
        for missing in sorted(internal.touches - _names_in(found)):
            yield f"{where} does not use {missing}"


def _names_in(function: Any) -> set[str]:
    """All attributes and globals that a function's code uses, inner functions included."""
    code = inspect.unwrap(function).__code__
    names: set[str] = set()
    waiting = [code]
    while waiting:
        code = waiting.pop()
        names.update(code.co_names)
        waiting.extend(inner for inner in code.co_consts if inspect.iscode(inner))
    return names
