"""Puts the parts together: ``assistant`` into the jobs that ``worker`` runs.

``server`` builds the worker and names the functions that livekit-agents calls for a job; ``rooms``
holds what the rooms of one process share and the conversations in them; ``choices`` makes what the
settings say into what ``assistant`` takes; ``memories`` and ``ownership`` connect both to the store.
"""

from .identity import IDENTITY
from .server import create_server, end_conversation, hold_conversation, prepare_process

__all__ = [
    "IDENTITY",
    "create_server",
    "end_conversation",
    "hold_conversation",
    "prepare_process",
]
