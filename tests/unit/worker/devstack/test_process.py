"""Processes that end when they are told to, with all that they started."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from worker.devstack.errors import StackError
from worker.devstack.process import Child, describe_status, died

SLEEP = "import time; time.sleep(600)"

PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(600)
"""

OWNER = """
import subprocess, sys, time
from worker.devstack.process import Child
child = Child("sleeper", [sys.executable, "-c", "import time; time.sleep(600)"], output=subprocess.DEVNULL)
print(child.pid, flush=True)
time.sleep(600)
"""


def python(code: str, output: int = subprocess.PIPE) -> Child:
    return Child("test program", [sys.executable, "-c", code], output=output)


def is_running(pid: int) -> bool:
    """Whether the process is there and not just waiting to be reaped."""
    shown = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return bool(shown.stdout.strip()) and not shown.stdout.strip().startswith("Z")


def ends(pid: int, limit: float = 10.0) -> bool:
    deadline = time.monotonic() + limit
    while is_running(pid):
        if time.monotonic() > deadline:
            return False
        os.sched_yield()
    return True


def test_it_has_a_session_of_its_own() -> None:
    with python(SLEEP) as child:
        assert os.getsid(child.pid) == child.pid
        child.output.close()


def test_its_exit_status_is_seen() -> None:
    with python("raise SystemExit(3)") as child:
        assert child.wait(30.0) == 3
        assert child.poll() == 3
        child.output.close()


def test_it_ends_with_its_context() -> None:
    with python(SLEEP) as child:
        assert child.poll() is None
        child.output.close()
    assert child.poll() == -signal.SIGTERM


def test_what_it_started_ends_too() -> None:
    with python(PARENT) as child, child.output as output:
        grandchild = int(output.readline())
        assert is_running(grandchild)
    assert ends(grandchild)


def test_it_is_ended_by_force_when_asking_does_not_help() -> None:
    child = python(STUBBORN)
    with child.output as output:
        output.readline()
        child.stop(grace=0.1)
    assert child.poll() == -signal.SIGKILL


def test_stopping_what_has_ended_does_nothing() -> None:
    child = python("pass", subprocess.DEVNULL)
    assert child.wait(30.0) == 0
    child.stop()
    child.stop()
    assert child.poll() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends the children of the killed")
def test_it_ends_when_its_owner_is_killed() -> None:
    with python(OWNER) as owner, owner.output as output:
        child = int(output.readline())
        assert is_running(child)
        os.kill(owner.pid, signal.SIGKILL)
        assert ends(child)


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(StackError, match=r"cannot start the thing: /no/such/program"):
        Child("the thing", ["/no/such/program"], output=subprocess.DEVNULL)


def test_one_line_tells_of_a_process_that_ended_by_itself() -> None:
    child = python("raise SystemExit(3)", subprocess.DEVNULL)
    child.wait(30.0)
    line = str(died(child, Path("some.log")))
    assert line == "test program exited unexpectedly (exit status 3); see some.log"


@pytest.mark.parametrize(
    ("status", "words"),
    [(None, "still running"), (0, "exit status 0"), (-9, "killed by SIGKILL")],
)
def test_an_exit_status_in_words(status: int | None, words: str) -> None:
    assert describe_status(status) == words
