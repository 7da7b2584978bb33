"""What is said before a store is used that cannot be."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from worker.devstack.paths import PROJECT
from worker.store.preparation import file_system, requirements
from worker.store.preparation.requirements import find_unmet


def test_a_file_in_a_good_folder_needs_nothing_more(tmp_path: Path) -> None:
    assert not list(find_unmet(f"sqlite:///{tmp_path}/memory.db"))


def test_packages_that_are_missing_are_one_line_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    missing = {"memory": ("no_such_package",), "postgres": ("neither_this",)}
    monkeypatch.setattr(requirements, "PACKAGES", missing)
    (line,) = find_unmet("postgresql://ada:hidden@host/chat")
    assert line.startswith(
        "CHAT_MEMORY needs the packages of requirements/memory.txt and requirements/postgres.txt"
    )
    install = (
        f"{sys.executable} -m pip install -r requirements/memory.txt -r requirements/postgres.txt"
    )
    assert f"`{install}`" in line
    assert "hidden" not in line


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    (line,) = find_unmet(f"sqlite:///{tmp_path}/none/memory.db")
    assert line == f"CHAT_MEMORY names a file in {tmp_path}/none, which is no folder"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (line,) = find_unmet(f"sqlite:///{tmp_path}")
    assert line == f"CHAT_MEMORY names {tmp_path}, which is a folder and no file"


def test_a_network_file_system_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    number = file_system.file_system_type(tmp_path)
    assert number is not None
    monkeypatch.setattr(file_system, "UNSAFE", {number: "NFS"})
    (line,) = find_unmet(f"sqlite:///{tmp_path}/memory.db")
    assert line.startswith("CHAT_MEMORY names a file on NFS, where SQLite loses data; ")


def test_to_look_for_it_imports_no_database() -> None:
    code = "import sys, worker.command; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False).returncode == 0
