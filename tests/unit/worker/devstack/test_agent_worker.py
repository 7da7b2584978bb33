"""The agent's process, here a script that logs what it is told to."""

import os
import sys
from pathlib import Path

import pytest

from worker.devstack import process
from worker.devstack.agent_worker import AgentWorker
from worker.devstack.errors import StackError

REGISTERS = """
import sys, time
print("INFO registered worker", file=sys.stderr, flush=True)
time.sleep(600)
"""


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The `agent.py` that is run."""
    monkeypatch.setattr(process, "PROJECT", tmp_path)
    return tmp_path / "agent.py"


def test_it_is_ready_when_it_is_registered(
    agent: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    agent.write_text(REGISTERS, encoding="utf-8")
    with AgentWorker.start(os.environ) as worker:
        worker.wait_until_registered(timeout=30.0)
        worker.check()
    assert b"INFO registered worker\n" in capfdbinary.readouterr().out


def test_it_gets_its_environment(agent: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    agent.write_text("import os; print(os.environ['CHAT_MODEL'])" + REGISTERS, encoding="utf-8")
    with AgentWorker.start(os.environ | {"CHAT_MODEL": "some-model"}) as worker:
        worker.wait_until_registered(timeout=30.0)
    assert b"some-model\n" in capfdbinary.readouterr().out


def test_an_end_before_it_is_registered_is_told(agent: Path) -> None:
    agent.write_text("raise SystemExit(2)", encoding="utf-8")
    complaint = r"agent.py ended by itself \(exit status 2\)"
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
