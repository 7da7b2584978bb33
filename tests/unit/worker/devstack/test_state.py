"""The file that says how to reach a running stack."""

import json
import os
import stat
from pathlib import Path

import pytest

from worker.devstack.errors import StackError
from worker.devstack.state import StackState, only_one, published

STATE = StackState(url="ws://127.0.0.1:7880", api_key="key", api_secret="secret", room="dev-1")


def test_it_holds_the_way_in_while_the_stack_runs(tmp_path: Path) -> None:
    with published(STATE, tmp_path) as path:
        assert json.loads(path.read_text(encoding="utf-8")) == {
            "url": "ws://127.0.0.1:7880",
            "api_key": "key",
            "api_secret": "secret",
            "room": "dev-1",
            "pid": os.getpid(),
        }
    assert not path.exists()


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    with published(STATE, tmp_path) as path:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_a_killed_stack_left_is_gone_before_the_next_is_ready(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text("old", encoding="utf-8")
    with only_one(tmp_path):
        assert not (tmp_path / "stack.json").exists()


def test_what_a_killed_stack_left_is_replaced(tmp_path: Path) -> None:
    for name in ("stack.json", "stack.json.new"):
        (tmp_path / name).write_text("old", encoding="utf-8")
    with published(STATE, tmp_path) as path:
        assert "dev-1" in path.read_text(encoding="utf-8")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_secret_is_not_in_its_repr() -> None:
    assert "secret='" not in repr(STATE)


def test_a_second_stack_in_the_folder_is_refused(tmp_path: Path) -> None:
    second = only_one(tmp_path)
    with only_one(tmp_path), pytest.raises(StackError, match="runs in this folder already"):
        second.__enter__()
    with only_one(tmp_path):
        pass
