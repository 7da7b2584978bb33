"""What Python prints by itself is neutral as well. Tried in a process, whose output it changes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from worker.devstack.paths import PROJECT

SECRET = "Ada said hello"
LIMIT = 60.0
"""Seconds for a Python process on a busy machine."""


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("raise ValueError(secret)", "ValueError: [hidden]"),
        (
            "import threading; t = threading.Thread(target=int, args=(secret,), name='t'); t.start(); t.join()",
            "Exception in thread t:",
        ),
        ("class A:\n  def __del__(self): int(secret)\nA()", "Exception ignored in: A.__del__"),
        ("import warnings; warnings.warn(secret)", "UserWarning: [hidden]"),
        ("import warnings; warnings.warn('old', FutureWarning)", "FutureWarning: old"),
        ("import logging; logging.getLogger('a').error(secret)", "[hidden]"),
        (
            "import logging; f = logging.Formatter(); f.format = lambda r: int(secret)\n"
            "h = logging.StreamHandler(); h.setFormatter(f); logging.getLogger().addHandler(h)\n"
            "logging.getLogger('a').error('b'); print('goes on', file=sys.stderr)",
            "goes on",
        ),
        (
            "hooks.print_panic('FFI Panic: ', secret, file=sys.stderr, flush=True)",
            "FFI Panic: [hidden]",
        ),
    ],
)
def test_nothing_private_is_printed(code: str, shown: str) -> None:
    begin = (
        "import os, sys; from worker.privacy import hooks; hooks.hide_private()\n"
        "secret = os.environ['SECRET']\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", begin + code],
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT,
        cwd=PROJECT,
        # Not in the code: what stands there is neutral.
        env={**os.environ, "SECRET": SECRET},
    )
    assert shown in done.stderr
    assert SECRET not in done.stderr + done.stdout
