"""The virtual environment: created once, and updated when a lock file changes.

Runs before the environment exists: nothing here or imported here needs more than the standard
library. `python -m worker.devstack.environment GROUP...` installs `requirements/GROUP.txt`.

An environment whose creation or update was interrupted is not repaired but created again. It counts as
complete once its first group is installed, and while no later installation has left its mark.
"""

import fcntl
import hashlib
import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from worker.devstack.command_line import run_command
from worker.devstack.commands import Report, failure, run_logged
from worker.devstack.errors import StackError
from worker.devstack.paths import PROJECT, RUN, VENV
from worker.installation import OLDEST_PYTHON

_UNPACKING = "Installing collected packages"
"""What pip prints once all is downloaded, before it changes the environment."""


def prepare(groups: Iterable[str], report: Report) -> None:
    """Install what the groups' lock files list, if it is not installed yet.

    Args:
        groups: Names of lock files in `requirements/`, "worker" before those that build on it.
        report: Shows progress.

    Raises:
        StackError: The installation failed; the message says why.
    """
    groups = list(groups)
    if _is_whole() and all(map(_is_installed, groups)):
        return
    with _one_installation_at_a_time(report) as lock:
        if not _is_whole():
            _create(report, lock)
        for group in groups:
            if not _is_installed(group):
                _install(group, report, lock)


def lock_file(group: str) -> Path:
    """Return the file that pins a group's packages."""
    return PROJECT / "requirements" / f"{group}.txt"


def pip_install(
    python: Path,
    group: str,
    log: Path,
    report: Report,
    options: Iterable[str] = (),
    lock: int = subprocess.DEVNULL,
) -> None:
    """Install exactly what a lock file lists, every file checked against its hash.

    Args:
        python: Whose pip to use.
        group: Which lock file.
        log: Where pip's output goes.
        report: Shows progress.
        options: More options for pip.
        lock: A locked file that stays locked until the last of its processes ends.
    """
    pins = lock_file(group)
    total = pins.read_text(encoding="utf-8").count("==")

    def progress(output: str, seconds: int) -> str:
        done = output.count("\nCollecting ") + output.startswith("Collecting ")
        step = "unpacking" if _UNPACKING in output else f"package {done} of {total}"
        return f"  {step}, {seconds} s"

    # The lock is complete, so pip need not look at what the packages say they depend on.
    command = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    command += ["--progress-bar=off", "--require-hashes", "--no-deps", *options, "-r", str(pins)]
    report(f"installing {pins.relative_to(PROJECT)}")
    try:
        run_logged(command, log, progress, stdin=lock)
    except subprocess.CalledProcessError as error:
        raise failure(f"installing {pins.relative_to(PROJECT)}", error, log) from error


@contextmanager
def _one_installation_at_a_time(report: Report) -> Iterator[int]:
    """Hold a lock in this context, and return its file.

    Where this process is killed outright, what its commands have started may still write for seconds.
    They have the file as their standard input, which descendants inherit, and the lock with it.
    """
    # Not in the environment, which is emptied when it is made again.
    RUN.mkdir(exist_ok=True)
    with (RUN / "installation.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report("another installation is already running; waiting")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def _install(group: str, report: Report, lock: int) -> None:
    # Stays where pip fails or is ended: it may have left packages that it takes for installed.
    _unfinished().touch()
    log = VENV / f"install-{group}.log"
    try:
        pip_install(_python(), group, log, report, lock=lock)
    except StackError:
        if _UNPACKING not in log.read_text(encoding="utf-8", errors="replace"):
            _unfinished().unlink()
        raise
    _stamp(group).write_text(_digest(group), encoding="utf-8")
    _unfinished().unlink()


def _create(report: Report, lock: int) -> None:
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise StackError(
            f"{sys.executable} has no {missing[0]} module: install it "
            f"(Debian and Ubuntu: apt install python{version}-venv) and run this again"
        )
    report(f"creating {VENV.relative_to(PROJECT)} with Python {sys.version.split()[0]}")
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    # Not in the environment, which is emptied.
    with tempfile.TemporaryDirectory(prefix="venv-") as scratch:
        try:
            run_logged(
                command, Path(scratch, "log"), lambda _, seconds: f"  {seconds} s", stdin=lock
            )
        except subprocess.CalledProcessError as error:
            words = " ".join(error.output.split())
            raise StackError(f"cannot create {VENV}: {words[-300:]}") from error


def _is_whole() -> bool:
    """Whether there is an environment that was made to its end and not left in between since."""
    begun_well = any(VENV.glob(_stamp("*").name))
    return begun_well and not _unfinished().exists() and _works(_python())


def _works(python: Path) -> bool:
    check = f"import sys; sys.exit(sys.version_info < {OLDEST_PYTHON})"
    try:
        return subprocess.run([python, "-c", check], check=False).returncode == 0
    except OSError:
        return False


def _is_installed(group: str) -> bool:
    stamp = _stamp(group)
    return stamp.exists() and stamp.read_text(encoding="utf-8") == _digest(group)


def _digest(group: str) -> str:
    return hashlib.sha256(lock_file(group).read_bytes()).hexdigest()


def _stamp(group: str) -> Path:
    return VENV / f"installed-{group}"


def _unfinished() -> Path:
    return VENV / "unfinished"


def _python() -> Path:
    return VENV / "bin" / "python"


if __name__ == "__main__":
    run_command(lambda report: prepare(sys.argv[1:], report))
