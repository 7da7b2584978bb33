"""Runs the filter for what native code prints, and leads this process's stderr through it.

Python's own stderr is left as it is: what it prints is kept neutral in Python, and has to come out
whole however the process ends.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import subprocess
import sys
import tempfile

from worker.devstack.paths import PROJECT

logger = logging.getLogger(__name__)

PIPE = "NATIVE_LOG_PIPE"
"""Variable that tells the processes of a worker where their native output is filtered."""

_PROGRAM = (
    "import runpy, sys; sys.path.insert(0, sys.argv[1]); del sys.argv[1]; "
    "runpy.run_module('worker.privacy.native_filter', run_name='__main__')"
)

_STDERR = 2

_running: list[subprocess.Popen[bytes]] = []
"""The filters of this process. They end when it does: when the pipe to them is closed."""

_is_done: list[bool] = []
"""Whether this process's stderr is led through a filter: not empty then."""


def start_native_filter() -> bool:
    """Start the filter for this process and those that it starts. Returns whether it runs.

    It costs a process of some 10 MB for a worker, however many rooms that has.
    """
    if _running:
        return True
    try:
        pipe = os.path.join(tempfile.mkdtemp(prefix="native-log-"), "pipe")
        os.mkfifo(pipe, 0o600)
        child = subprocess.Popen(
            # Without `site` it starts in 20 ms, and has a third of the memory.
            [sys.executable, "-I", "-S", "-c", _PROGRAM, str(PROJECT), pipe],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # It ends after this process, also where a signal goes to all that belongs to that.
            start_new_session=True,
        )
    except (OSError, NotImplementedError):
        return False
    assert child.stdout is not None
    with child.stdout as output:
        is_ready = bool(output.readline())
    if is_ready:
        _running.append(child)
        os.environ[PIPE] = pipe
    return is_ready


def filter_native_stderr() -> None:
    """Have all that native code in this process prints to stderr filtered, or dropped without a filter.

    A second call does nothing: Python's own stderr would be filtered, too.
    """
    if _is_done:
        return
    _is_done.append(True)
    filtered = _open_filter()
    has_filter = filtered is not None
    if filtered is None:
        # Nothing is better than everything.
        filtered = os.open(os.devnull, os.O_WRONLY)
    sys.stderr.flush()
    own = os.dup(_STDERR)
    os.dup2(filtered, _STDERR)
    os.close(filtered)
    encoding = sys.stderr.encoding
    replaced = sys.stderr
    sys.stderr = open(own, "w", encoding=encoding, errors="backslashreplace", buffering=1)  # noqa: SIM115 - it stays open.
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler) and handler.stream is replaced:
            handler.setStream(sys.stderr)
    if faulthandler.is_enabled():
        faulthandler.enable(sys.stderr)
    # Without a pipe there never was a filter, which the worker has logged.
    if PIPE in os.environ and not has_filter:
        logger.warning("the filter of native log lines is gone, so none are printed")


def _open_filter() -> int | None:
    try:
        # Where nobody reads, this fails; it would wait for ever otherwise.
        filtered = os.open(os.environ.get(PIPE, ""), os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None
    os.set_blocking(filtered, True)
    return filtered
