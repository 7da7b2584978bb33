"""The file that says how to reach a running stack."""

import json
import os
import stat
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from worker.devstack.errors import StackError
from worker.devstack.state import SHELL_FILE, STATE_FILE, StackState, only_one, published

STATE = StackState(url="ws://127.0.0.1:7880", api_key="key", api_secret="secret", room="dev-1")


def test_it_holds_the_way_in_while_the_stack_runs(tmp_path: Path) -> None:
    path = tmp_path / "stack.json"
    with published(STATE, tmp_path):
        assert json.loads(path.read_text(encoding="utf-8")) == {
            "url": "ws://127.0.0.1:7880",
            "api_key": "key",
            "api_secret": "secret",
            "room": "dev-1",
            "pid": os.getpid(),
        }
    assert not path.exists()


def test_a_shell_that_sources_the_other_file_reaches_the_server(tmp_path: Path) -> None:
    state = replace(STATE, api_secret="it's $HOME `id`")
    show = 'source "$1" && python3 -c "$2"'
    code = "import json, os; print(json.dumps(dict(os.environ)))"
    with published(state, tmp_path):
        command = ["bash", "-c", show, "-", str(tmp_path / "livekit.env"), code]
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    variables = json.loads(shown)
    assert variables["LIVEKIT_URL"] == state.url
    assert variables["LIVEKIT_API_KEY"] == state.api_key
    assert variables["LIVEKIT_API_SECRET"] == state.api_secret
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [STATE_FILE, SHELL_FILE])
def test_only_its_owner_can_read_it(tmp_path: Path, name: str) -> None:
    with published(STATE, tmp_path):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_what_a_killed_stack_left_is_gone_before_the_next_is_ready(tmp_path: Path) -> None:
    for name in (STATE_FILE, SHELL_FILE):
        (tmp_path / name).write_text("old", encoding="utf-8")
    with only_one(tmp_path):
        assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_what_a_killed_stack_left_is_replaced(tmp_path: Path) -> None:
    for name in ("stack.json", "stack.json.new"):
        (tmp_path / name).write_text("old", encoding="utf-8")
    path = tmp_path / "stack.json"
    with published(STATE, tmp_path):
        assert "dev-1" in path.read_text(encoding="utf-8")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_secret_is_not_in_its_repr() -> None:
    assert "secret='" not in repr(STATE)


def test_a_second_stack_in_the_folder_is_refused(tmp_path: Path) -> None:
    second = only_one(tmp_path)
    with only_one(tmp_path), pytest.raises(StackError, match="is already running in this folder"):
        second.__enter__()
    with only_one(tmp_path):
        pass
