"""A local livekit-server, on loopback only, for as long as its context lasts."""

import json
import os
import secrets
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from worker.devstack.command_line import say
from worker.devstack.livekit_binary import find_or_build
from worker.devstack.ports import LOOPBACK, free_port, require_free
from worker.devstack.process import Child
from worker.devstack.readiness import wait_until_answers

__all__ = ["LiveKitServer", "find_or_build"]

_SECRET_BYTES = 36
"""Signing a token takes a key of 32 bytes or more."""


@dataclass(frozen=True)
class LiveKitServer:
    """A running livekit-server, and its URL and key."""

    port: int
    """Where it listens for clients and workers."""

    api_key: str
    api_secret: str = field(repr=False)
    process: Child = field(repr=False)

    @property
    def url(self) -> str:
        """What goes into LIVEKIT_URL."""
        return f"ws://{LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    @classmethod
    @contextmanager
    def start(
        cls,
        port: int | None = None,
        *,
        api_key: str = "devkey",
        api_secret: str | None = None,
        log: Path | None = None,
    ) -> "Iterator[LiveKitServer]":
        """Run a server that is ready to be used, and end it with the context.

        Args:
            port: Where to listen; None takes any free port.
            api_key: The one key that it accepts.
            api_secret: The key's secret, 32 characters or more; None makes one up.
            log: Where its output goes; None keeps it until the context ends.

        Raises:
            StackError: It cannot be found, built or started.
        """
        binary = find_or_build(say)
        if port is None:
            port = free_port()
        else:
            require_free(port, "livekit-server")
        secret = api_secret or secrets.token_urlsafe(_SECRET_BYTES)
        with tempfile.TemporaryDirectory(prefix="livekit-server-") as scratch:
            log = log or Path(scratch, "log")
            environment = os.environ | {"LIVEKIT_CONFIG": _config(port, api_key, secret)}
            with (
                log.open("wb") as output,
                Child("livekit-server", [str(binary)], output=output, env=environment) as process,
            ):
                wait_until_answers(f"http://{LOOPBACK}:{port}", process, log)
                yield cls(port=port, api_key=api_key, api_secret=secret, process=process)


def _config(port: int, api_key: str, api_secret: str) -> str:
    """Write the server's configuration. It is YAML, of which JSON is a part."""
    return json.dumps(
        {
            "port": port,
            "bind_addresses": [LOOPBACK],
            "keys": {api_key: api_secret},
            "rtc": {
                "udp_port": free_port(kind=socket.SOCK_DGRAM),
                # Media over TCP would listen on every interface; on one machine UDP always works.
                "tcp_port": 0,
                "node_ip": LOOPBACK,
                "use_external_ip": False,
                "enable_loopback_candidate": True,
                "interfaces": {"includes": ["lo", "lo0"]},
                # Else clients look up public names that loopback needs no answer from; without a
                # resolver each connection keeps several threads waiting for a dozen seconds.
                "stun_servers": [f"{LOOPBACK}:{port}"],
            },
            "logging": {"level": "info"},
        }
    )
