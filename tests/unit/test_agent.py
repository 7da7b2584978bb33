"""The front door: what LiveKit's command lines find in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from livekit.agents import AgentServer
from livekit.agents.cli.discover import get_import_data

import agent
from tests.environment import environment_with
from worker.devstack.paths import PROJECT


def test_lk_finds_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(PROJECT))
    assert get_import_data(path=PROJECT / "agent.py").import_string == "agent:server"
    assert isinstance(agent.server, AgentServer)
    assert agent.server is agent.server


def test_there_is_nothing_else_to_find() -> None:
    with pytest.raises(AttributeError, match="'agent' has no attribute 'app'"):
        _ = agent.app


IMPORTED = "import sys; import agent; print(*sys.modules, sep='\\n')"


def test_importing_it_imports_nothing_else_that_is_heavy(tmp_path: Path) -> None:
    command = [sys.executable, "-c", IMPORTED]
    environment = environment_with(PYTHONPATH=str(PROJECT))
    ran = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    imported = {name.partition(".")[0] for name in ran.stdout.split()}
    assert "worker" in imported
    assert not imported & {"livekit", "pydantic", "openai", "assistant", "worker.serving"}


@pytest.mark.parametrize("memory", ["sqlite:///memory.db", "nonsense"])
def test_asking_for_help_opens_no_memory(memory: str, tmp_path: Path) -> None:
    command = [sys.executable, str(PROJECT / "agent.py"), "start", "--help"]
    environment = environment_with(CHAT_MEMORY=memory)
    ran = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert "Usage" in ran.stdout
    assert list(tmp_path.iterdir()) == []
