"""The worker's id in the store, which the processes of its jobs share."""

from __future__ import annotations

import os

_ID, _PID = "CHAT_INTERNAL_WORKER_ID", "CHAT_INTERNAL_WORKER_PID"
"""Inherited by the processes of jobs. They are no settings."""


def become_worker(agent_name: str) -> str:
    """Have this process be a worker, and return its id, another each time.

    Args:
        agent_name: The name under which its agents are dispatched; empty for automatic dispatch.
    """
    # It imports what is not installed without a store.
    from worker.store.ownership.heartbeat import new_worker_id

    os.environ[_ID], os.environ[_PID] = new_worker_id(agent_name), str(os.getpid())
    return worker_id()


def has_worker() -> bool:
    """Whether this process belongs to a worker that takes part in the store."""
    return _ID in os.environ


def worker_id() -> str:
    """Return the id of the worker to which this process belongs."""
    return os.environ[_ID]


def is_worker() -> bool:
    """Whether this process is the worker itself, and not that of one of its jobs."""
    return os.environ.get(_PID) == str(os.getpid())
