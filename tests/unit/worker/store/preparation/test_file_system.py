"""Where a file of SQLite may be."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from worker.store.preparation.file_system import UNSAFE, file_system_type, unsafe_file_system


@pytest.mark.parametrize(("number", "name"), UNSAFE.items())
def test_a_file_system_of_a_network_is_unsafe(tmp_path: Path, number: int, name: str) -> None:
    assert unsafe_file_system(tmp_path / "memory.db", lambda _: number) == name


@pytest.mark.parametrize("number", [0xEF53, 0x01021994, None])
def test_a_local_one_is_safe_and_so_is_one_that_is_not_known(
    tmp_path: Path, number: int | None
) -> None:
    assert unsafe_file_system(tmp_path / "memory.db", lambda _: number) is None


def test_a_file_that_does_not_exist_yet_is_where_its_folder_is(tmp_path: Path) -> None:
    asked = list[Path]()
    file = tmp_path / "memory.db"
    for _ in range(2):
        unsafe_file_system(file, lambda path: asked.append(path))
        file.touch()
    assert asked == [tmp_path, file]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux numbers them")
def test_linux_numbers_a_file_system() -> None:
    assert file_system_type(Path("/proc")) == 0x9FA0
    assert file_system_type(Path("/no/such/folder")) is None
