"""Where rooms run: many in one process on one event loop, or each in a process of its own."""

from worker.privacy.hooks import hide_private

from .admission import Admission
from .capacity import Isolation, max_microphones_here, max_rooms_here
from .connection import Connection
from .deleted_room import RoomDeletedError
from .deployment import explain_deployment
from .event_loop import use_uvloop
from .native_logs import keep_native_logs_native
from .per_process import PerProcess
from .server import create_server
from .timeline import log_when_ready

__all__ = [
    "Admission",
    "Connection",
    "Isolation",
    "PerProcess",
    "RoomDeletedError",
    "create_server",
    "explain_deployment",
    "hide_private",
    "keep_native_logs_native",
    "log_when_ready",
    "max_microphones_here",
    "max_rooms_here",
    "use_uvloop",
]
