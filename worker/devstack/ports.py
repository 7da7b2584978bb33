"""Ports on the loopback interface."""

import socket

from worker.devstack.errors import StackError

LOOPBACK = "127.0.0.1"
"""The only address that the development stack listens on."""


def free_port(preferred: int = 0, kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """Return a port that nothing listens on.

    Args:
        preferred: Taken if it is free; 0 means any.
        kind: `SOCK_STREAM` for TCP, `SOCK_DGRAM` for UDP.
    """
    if preferred and is_free(preferred, kind):
        return preferred
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port


def is_free(port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> bool:
    """Tell whether a server could listen on the port now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind == socket.SOCK_STREAM:
            # As servers do it: connections of an earlier run that linger do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def require_free(port: int, purpose: str) -> None:
    """Raise a `StackError` if the port is taken.

    Args:
        port: A port that somebody asked for by number.
        purpose: What it is needed for, for the message.
    """
    if not is_free(port):
        raise StackError(
            f"port {port} ({purpose}) is already in use; stop that program or choose another port"
        )
