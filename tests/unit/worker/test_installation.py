"""A Python that cannot run the worker says in one line what to do."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from tests.environment import environment_with
from worker import installation
from worker.devstack.paths import PROJECT
from worker.installation import explained_imports


@pytest.fixture(autouse=True)
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lock file, whose only package is installed."""
    lock = tmp_path / "worker.txt"
    lock.write_text("pytest==9 \\\n    --hash=sha256:0\n", encoding="utf-8")
    monkeypatch.setattr(installation, "LOCK", lock)
    return lock


def refused(capsys: pytest.CaptureFixture[str], module: str = "json") -> str:
    """The one line with which an import was refused."""
    with pytest.raises(SystemExit) as ended, explained_imports():
        import_module(module)
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_with_nothing_missing_nothing_is_said() -> None:
    with explained_imports():
        import_module("json")


def test_a_missing_package_is_no_traceback(lock: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock.write_text("pytest==9 \\\nno-such-package==1 \\\n", encoding="utf-8")
    line = refused(capsys, "no_such_module")
    complaint = f"packages of requirements/worker.txt are missing in {sys.executable}"
    assert line.startswith(f"{complaint} (No module named 'no_such_module'); ")


def test_a_package_for_other_systems_is_not_missed(lock: Path) -> None:
    lock.write_text("no-such-package==1 ; sys_platform == 'beos' \\\n", encoding="utf-8")
    with pytest.raises(ModuleNotFoundError), explained_imports():
        import_module("no_such_module")


@pytest.mark.parametrize("mistake", ["import no_such_module", "from json import no_such_name"])
def test_a_mistake_in_the_code_keeps_its_traceback(mistake: str) -> None:
    with pytest.raises(ImportError, match="no_such"), explained_imports():
        exec(mistake)


def test_without_its_lock_file_nothing_is_known(lock: Path) -> None:
    lock.unlink()
    with pytest.raises(ModuleNotFoundError), explained_imports():
        import_module("no_such_module")


def test_an_old_python_is_told_which_is_needed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation, "OLDEST_PYTHON", (9, 9))
    found = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert f"{sys.executable} is Python {found}, but 9.9 or newer is required; " in refused(capsys)


@pytest.mark.parametrize("prepared", [True, False])
def test_what_to_do_depends_on_whether_there_is_an_environment(
    prepared: bool,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    python = tmp_path / ".venv" / "bin" / "python"
    if prepared:
        python.parent.mkdir(parents=True)
        python.touch()
    monkeypatch.setattr(installation, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(installation, "OLDEST_PYTHON", (9, 9))
    advice = f"use {python}" if prepared else f"run `make dev`, or `make setup` and use {python}"
    assert refused(capsys).endswith(f"; {advice}")


def test_an_environment_of_ones_own_that_is_outdated_is_made_anew(
    lock: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lock.write_text("no-such-package==1 \\\n", encoding="utf-8")
    monkeypatch.setattr(installation, "VENV", Path(sys.prefix))
    assert "; run `make dev`, or `make setup`" in refused(capsys, "no_such_module")


@pytest.mark.parametrize("arguments", [["agent.py", "start"], ["agent.py", "dev"]])
def test_agent_py_runs_so_far_without_any_package(tmp_path: Path, arguments: list[str]) -> None:
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", bare], check=True)
    ran = subprocess.run(
        [bare / "bin" / "python", *arguments],
        cwd=PROJECT,
        env=environment_with(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2
    assert not ran.stdout
    (line,) = ran.stderr.splitlines()
    assert "packages of requirements/worker.txt are missing in " in line


@pytest.mark.parametrize(
    "file",
    ["agent.py", "worker/__init__.py", "worker/installation.py", "worker/devstack/paths.py"],
)
def test_what_runs_before_that_is_understood_by_older_pythons(file: str) -> None:
    ast.parse((PROJECT / file).read_text(encoding="utf-8"), feature_version=(3, 8))
