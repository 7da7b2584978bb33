from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from worker.store.ownership.machine import PROC, UNKNOWN, Process, is_gone, this_process

ROOT = Path(__file__).parents[5]

PROGRAM = """
import sys
from worker.store.ownership.machine import this_process
process = this_process()
print(process.machine, process.pid, process.started_at, sep="|", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def here() -> str:
    machine = this_process().machine
    if machine == UNKNOWN:
        pytest.skip("the processes of this machine can't be seen")
    return machine


@pytest.fixture
def child() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", PROGRAM]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as child:
        yield child
        child.kill()


def process_of(child: subprocess.Popen[str]) -> Process:
    assert child.stdout is not None
    machine, pid, started_at = child.stdout.readline().strip().split("|")
    return Process(machine, int(pid), float(started_at))


@pytest.mark.skipif(not PROC.is_dir(), reason="there is no /proc")
def test_processes_of_a_machine_recognise_each_other(
    here: str, child: subprocess.Popen[str]
) -> None:
    process = process_of(child)

    assert process.machine == here
    assert process.pid == child.pid
    assert process.started_at >= this_process().started_at
    assert not is_gone(process, here)
    assert not is_gone(this_process(), here)


def test_a_frozen_process_is_not_gone(here: str, child: subprocess.Popen[str]) -> None:
    process = process_of(child)
    child.send_signal(signal.SIGSTOP)

    assert not is_gone(process, here)


def test_a_killed_process_is_gone_before_its_parent_asks_for_it_and_afterwards(
    here: str, child: subprocess.Popen[str]
) -> None:
    process = process_of(child)
    child.kill()
    # Ended, and not yet waited for by anybody.
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert is_gone(process, here)

    child.wait()
    assert is_gone(process, here)


def test_a_process_with_the_number_of_another_is_not_that_one(here: str) -> None:
    mine = this_process()

    assert is_gone(replace(mine, started_at=mine.started_at - 10), here)


def test_of_another_machine_nothing_is_known(here: str) -> None:
    gone = Process("another", 2**22 + 1, 1.0)

    assert not is_gone(gone, here)
    assert not is_gone(replace(gone, machine=UNKNOWN), UNKNOWN)
    assert is_gone(replace(gone, machine=here), here)


def test_without_proc_no_two_processes_share_a_machine(tmp_path: Path) -> None:
    process = this_process(tmp_path)

    assert process == Process(UNKNOWN, os.getpid(), 0.0)


@pytest.mark.parametrize("hidden", ["stat", "boot_id", "self"])
def test_half_a_proc_is_none(here: str, tmp_path: Path, hidden: str) -> None:
    proc = copy_of_proc(tmp_path)
    assert this_process(proc) == this_process()
    if hidden == "stat":
        (proc / str(os.getpid()) / "stat").unlink()
    elif hidden == "boot_id":
        (proc / "sys/kernel/random/boot_id").unlink()
    else:
        # That of another PID namespace.
        (proc / "self").unlink()
        (proc / "self").symlink_to("1")

    assert this_process(proc).machine == UNKNOWN


def test_a_process_that_proc_does_not_show_is_not_gone(here: str, tmp_path: Path) -> None:
    assert not is_gone(this_process(), here, tmp_path)


def copy_of_proc(folder: Path) -> Path:
    """A /proc with what is read of it, that can be damaged."""
    own = folder / str(os.getpid())
    (own / "ns").mkdir(parents=True)
    (own / "ns/pid").symlink_to((PROC / "self/ns/pid").readlink())
    (folder / "self").symlink_to(str(os.getpid()))
    (folder / "sys/kernel/random").mkdir(parents=True)
    for file in (f"{os.getpid()}/stat", "sys/kernel/random/boot_id"):
        shutil.copyfile(PROC / file, folder / file)
    return folder
