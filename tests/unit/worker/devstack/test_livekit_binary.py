"""Where a livekit-server comes from: PATH, the cache, or a build."""

import os
import threading
from pathlib import Path

import pytest

from tests.unit.worker.devstack.programs import write_program
from worker.devstack.errors import StackError
from worker.devstack.livekit_binary import VERSION, find_or_build

BUILDS = """
if [ "$1" = env ]; then echo go1.26.3; exit; fi
echo "$@" >> "$LOG"
mkdir -p "$GOBIN" && echo built > "$GOBIN/server" && chmod +x "$GOBIN/server"
"""

FAILS = """
if [ "$1" = env ]; then echo go1.26.3; exit; fi
echo 'go: downloading something'
echo 'error: it does not compile'
exit 1
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on PATH, before those of the shell's own commands and nothing else."""
    folder = tmp_path / "bin"
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOG", str(tmp_path / "go.log"))
    return folder


@pytest.fixture
def cached(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "livekit-text-agent" / f"livekit-server-{VERSION}"


@pytest.fixture
def said() -> list[str]:
    return []


def test_the_one_on_path_goes_first(programs: Path, cached: Path, said: list[str]) -> None:
    write_program(cached, "")
    installed = write_program(programs / "livekit-server", "")
    assert find_or_build(said.append) == installed
    assert said == []


def test_what_a_killed_build_left_is_removed(programs: Path, cached: Path, said: list[str]) -> None:
    write_program(programs / "go", BUILDS)
    left = cached.parent / "building-left"
    write_program(left / "gopath" / "something", "")
    find_or_build(said.append)
    assert not left.exists()


def test_the_cached_one_goes_before_a_build(programs: Path, cached: Path, said: list[str]) -> None:
    write_program(cached, "")
    write_program(programs / "go", FAILS)
    assert find_or_build(said.append) == cached
    assert said == []


def test_it_is_built_once_and_leaves_nothing_but_the_program(
    programs: Path, cached: Path, said: list[str], tmp_path: Path
) -> None:
    write_program(programs / "go", BUILDS)
    assert find_or_build(said.append) == cached
    assert find_or_build(said.append) == cached
    assert os.access(cached, os.X_OK)
    assert f"@v{VERSION}" in (tmp_path / "go.log").read_text(encoding="utf-8")
    assert len((tmp_path / "go.log").read_text(encoding="utf-8").splitlines()) == 1
    assert [path for path in cached.parent.iterdir() if path.is_dir()] == []
    assert said[0].startswith(f"building livekit-server {VERSION}")
    assert said[-1] == f"livekit-server {VERSION} is ready: {cached}"


def test_a_build_that_fails_is_told_in_one_line(
    programs: Path, cached: Path, said: list[str]
) -> None:
    write_program(programs / "go", FAILS)
    with pytest.raises(StackError, match=r"failed: error: it does not compile \(full log") as told:
        find_or_build(said.append)
    assert "\n" not in str(told.value)
    assert not cached.exists()


def test_a_missing_network_is_told_as_such(programs: Path, cached: Path, said: list[str]) -> None:
    write_program(programs / "go", FAILS.replace("it does not compile", "dial tcp: no such host"))
    with pytest.raises(StackError, match="check the network connection"):
        find_or_build(said.append)


def test_two_at_a_time_build_once(
    programs: Path, cached: Path, said: list[str], tmp_path: Path
) -> None:
    write_program(programs / "go", BUILDS)
    others = [threading.Thread(target=find_or_build, args=(said.append,)) for _ in range(3)]
    for other in others:
        other.start()
    for other in others:
        other.join()
    assert len((tmp_path / "go.log").read_text(encoding="utf-8").splitlines()) == 1
    assert cached.exists()
