"""A PostgreSQL for as long as its context lasts: on loopback only, forgetful, with a database per test."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from worker.devstack.ports import LOOPBACK, free_port
from worker.devstack.process import Child, died

DEBIAN_BINARIES = "/usr/lib/postgresql/*/bin"
"""Where Debian has the programs of a server, which are on nobody's PATH."""

USER = "postgres"
"""The database's user, and on Debian the system's: the server refuses to run as root."""

READY_LIMIT = 30.0
"""Seconds that a new server may take until it answers."""

_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "16MB",
    # Nobody needs these databases after a power failure.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}
_PAUSE = 0.05


@dataclass(frozen=True)
class PostgresServer:
    """A running server."""

    port: int
    """Where it listens."""

    password: str = field(repr=False)
    """Its only user's password."""

    process: Child = field(repr=False)
    binaries: Path = field(repr=False)

    @classmethod
    @contextmanager
    def start(cls) -> Iterator[PostgresServer]:
        """Run a server that is ready to be used, and end it with the context.

        Where its programs are not installed, the test that asks for it is skipped, or fails if CI is set.
        """
        binaries = _require_binaries()
        with tempfile.TemporaryDirectory(prefix="postgres-") as scratch:
            folder, password, port = Path(scratch), secrets.token_hex(16), free_port()
            _create(binaries, folder, password)
            log = folder / "log"
            command = [str(binaries / "postgres"), "-D", str(folder / "data"), "-p", str(port)]
            for name, value in _SETTINGS.items():
                command += ["-c", f"{name}={value}"]
            with (
                log.open("wb") as output,
                Child("PostgreSQL", _as_its_user(command), output=output) as process,
            ):
                server = cls(port=port, password=password, process=process, binaries=binaries)
                server._wait_until_ready(log)
                yield server

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """A new database, for as long as the context lasts.

        Args:
            template: The database that it is a copy of, which nobody may use at the time.

        Yields:
            Its URL, with the user and the password.
        """
        name = f"test_{secrets.token_hex(6)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.url(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def url(self, database: str) -> str:
        """The URL of one of its databases."""
        return f"postgresql://{USER}:{self.password}@{LOOPBACK}:{self.port}/{database}"

    def execute(self, statement: str, database: str = "postgres") -> str:
        """Run a statement, on a connection of its own.

        Returns:
            What it returned: a line for each row, with ``|`` between the columns.
        """
        command = [str(self.binaries / "psql"), "--no-psqlrc", "-Atqc", statement]
        done = self._run([*command, self.url(database)])
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def _wait_until_ready(self, log: Path) -> None:
        deadline = time.monotonic() + READY_LIMIT
        command = [str(self.binaries / "pg_isready"), "-q", "-d", self.url("postgres")]
        while self._run(command).returncode != 0:
            if self.process.wait(_PAUSE) is not None or time.monotonic() > deadline:
                raise died(self.process, log)

    def _run(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)


def _require_binaries() -> Path:
    """The folder of the server's programs; their absence fails a CI run and skips here."""
    if path := shutil.which("initdb"):
        return Path(path).resolve().parent
    for folder in sorted(Path("/").glob(DEBIAN_BINARIES.lstrip("/")), reverse=True):
        if (folder / "initdb").exists():
            return folder
    message = f"the tests with PostgreSQL need initdb, on PATH or in {DEBIAN_BINARIES}"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def _create(binaries: Path, folder: Path, password: str) -> None:
    """Make the files of a server."""
    secret = folder / "password"
    secret.write_text(password)
    if os.geteuid() == 0:
        for path in (folder, secret):
            shutil.chown(path, USER)
    command = [str(binaries / "initdb"), "--no-sync", "--auth=scram-sha-256", f"--username={USER}"]
    command += ["--encoding=UTF8", "--locale=C", f"--pwfile={secret}", "-D", str(folder / "data")]
    subprocess.run(_as_its_user(command), cwd=folder, check=True, capture_output=True, timeout=60)


def _as_its_user(command: Sequence[str]) -> list[str]:
    """The command, as another user if we are root."""
    if os.geteuid() != 0:
        return list(command)
    # A change of the user has the kernel forget that the process is to end together with us.
    leash = f"--pdeathsig={signal.SIGTERM.name.removeprefix('SIG')}"
    return ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups", leash, *command]
