"""The agent's process, here a script that logs what it is told to."""

import os
import sys
import threading
from pathlib import Path

import pytest

from worker.devstack import agent_worker, process
from worker.devstack.agent_worker import AgentWorker, LogLevel
from worker.devstack.errors import StackError

REGISTERS = """
import sys, time
print("12:00 - \x1b[32mINFO\x1b[0m agents - registered worker", file=sys.stderr, flush=True)
print("12:01 - INFO agents - a room was joined", file=sys.stderr, flush=True)
print("the end", file=sys.stderr, flush=True)
time.sleep(600)
"""

STARTS = """
import sys
print("12:00 - INFO agents - starting", file=sys.stderr, flush=True)
print("12:00 - WARN agents - beware", file=sys.stderr, flush=True)
"""


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The `agent.py` that is run."""
    monkeypatch.setattr(process, "PROJECT", tmp_path)
    return tmp_path / "agent.py"


@pytest.mark.parametrize(
    ("log_level", "shown"),
    [
        ("debug", ["starting", "beware", "registered worker", "a room was joined"]),
        ("info", ["beware", "a room was joined"]),
        ("warn", ["beware"]),
    ],
)
def test_until_it_is_registered_only_what_is_wrong_is_shown(
    agent: Path, monkeypatch: pytest.MonkeyPatch, log_level: LogLevel, shown: list[str]
) -> None:
    lines: list[str] = []
    ended = threading.Event()

    def show(line: bytes) -> None:
        lines.append(line.decode().rstrip().rpartition(" - ")[2])
        if lines[-1] == "the end":
            ended.set()

    # What the copying thread writes while pytest empties its capture would be lost.
    monkeypatch.setattr(agent_worker, "_show", show)
    agent.write_text(STARTS + REGISTERS, encoding="utf-8")
    with AgentWorker.start(os.environ, log_level=log_level) as worker:
        worker.wait_until_registered(timeout=30.0)
        assert ended.wait(30.0)
    assert lines == [*shown, "the end"]


def test_all_is_shown_where_it_does_not_get_so_far(
    agent: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    agent.write_text(STARTS, encoding="utf-8")
    with AgentWorker.start(os.environ) as worker, pytest.raises(StackError):
        worker.wait_until_registered(timeout=30.0)
    assert b"INFO agents - starting\n" in capfdbinary.readouterr().out


def test_it_gets_its_environment(agent: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    agent.write_text("import os; print(os.environ['CHAT_MODEL'])" + REGISTERS, encoding="utf-8")
    with AgentWorker.start(os.environ | {"CHAT_MODEL": "some-model"}) as worker:
        worker.wait_until_registered(timeout=30.0)
    assert b"some-model\n" in capfdbinary.readouterr().out


def test_an_end_before_it_is_registered_is_told(agent: Path) -> None:
    agent.write_text("raise SystemExit(2)", encoding="utf-8")
    complaint = r"agent.py exited unexpectedly \(exit status 2\)"
    with AgentWorker.start(os.environ) as worker, pytest.raises(StackError, match=complaint):
        worker.wait_until_registered(timeout=30.0)


def test_it_is_given_up_when_it_does_not_register(agent: Path) -> None:
    agent.write_text("import time; time.sleep(600)", encoding="utf-8")
    complaint = "did not reach the LiveKit server"
    with AgentWorker.start(os.environ) as worker, pytest.raises(StackError, match=complaint):
        worker.wait_until_registered(timeout=0.0)


def test_it_runs_with_our_python(agent: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    agent.write_text(
        "import sys; print(sys.executable, sys.argv[1:])" + REGISTERS, encoding="utf-8"
    )
    with AgentWorker.start(os.environ) as worker:
        worker.wait_until_registered(timeout=30.0)
    shown = capfdbinary.readouterr().out.decode()
    assert sys.executable in shown
    assert "['dev'" in shown
