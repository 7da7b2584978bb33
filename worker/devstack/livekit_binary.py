"""Finds a livekit-server: on PATH, in the cache, or by building it from source."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from worker.devstack.command_line import run_command
from worker.devstack.commands import Report, failure, run_logged
from worker.devstack.paths import cache
from worker.devstack.toolchain import find_or_install_go, go_environment

VERSION = "1.13.5"
"""The version that is built: the newest that `go install` takes. The module of every later one, up to
1.13.11 at least, replaces others by forks, which only a build in its own checkout may do."""

_SCRATCH = "building-"
"""How the folder of a build is named. It is removed with the build."""

_PACKAGE = f"github.com/livekit/livekit-server/cmd/server@v{VERSION}"


def find_or_build(report: Report) -> Path:
    """Return a livekit-server: from PATH, from the user's cache, or else built into that cache.

    Args:
        report: Shows progress of the build, which takes minutes.

    Raises:
        StackError: The build failed; the message says why.
    """
    installed = shutil.which("livekit-server")
    if installed:
        return Path(installed)
    binary = cache() / f"livekit-server-{VERSION}"
    if not binary.exists():
        binary.parent.mkdir(parents=True, exist_ok=True)
        with _one_build_at_a_time(Path(f"{binary}.lock"), report):
            if not binary.exists():
                _build(binary, report)
    return binary


def _build(binary: Path, report: Report) -> None:
    log = binary.parent / "livekit-server-build.log"

    def progress(output: str, seconds: int) -> str:
        modules, packages = output.count("go: downloading"), output.count("\n")
        return f"  {modules} modules downloaded, {packages - modules} packages built, {seconds} s"

    for left in binary.parent.glob(f"{_SCRATCH}*"):
        # A build that was killed outright leaves a gigabyte. None but this one runs now.
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(
        prefix=_SCRATCH, dir=binary.parent, ignore_cleanup_errors=True
    ) as scratch:
        go = find_or_install_go(Path(scratch, "toolchain"), report)
        report(f"building livekit-server {VERSION} (only once, 2 to 5 minutes)")
        # Go's own caches would keep more than a gigabyte in the user's home for this one binary.
        settings = {name: f"{scratch}/{name.lower()}" for name in ("GOBIN", "GOPATH", "GOCACHE")}
        # Go makes what it downloads read-only, which would keep the folder from being removed.
        settings |= {"CGO_ENABLED": "0", "GOFLAGS": "-modcacherw -trimpath"}
        command = [str(go), "install", "-v", "-ldflags=-s -w", _PACKAGE]
        try:
            run_logged(command, log, progress, env=go_environment(go) | settings)
        except subprocess.CalledProcessError as error:
            raise failure(f"building livekit-server {VERSION}", error, log) from error
        os.replace(f"{settings['GOBIN']}/server", binary)
    report(f"livekit-server {VERSION} is ready: {binary}")


@contextmanager
def _one_build_at_a_time(lock: Path, report: Report) -> Iterator[None]:
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report("another build of livekit-server is already running; waiting")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    run_command(lambda report: report(f"livekit-server: {find_or_build(report)}"))
