"""What memory there is for the worker."""

from __future__ import annotations

from pathlib import Path

import psutil

from worker.hosting.memory import Memory, read_memory


def write(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")


def test_the_machine_counts_where_no_cgroup_limits(tmp_path: Path) -> None:
    membership = tmp_path / "membership"
    membership.write_text("0::/\n", encoding="utf-8")
    write(tmp_path / "groups", memory__max="max\n", memory__current="5\n")
    found = read_memory(tmp_path / "groups", membership)
    assert found.total == psutil.virtual_memory().total
    assert 0 < found.used_share < 1


def test_the_tightest_cgroup_around_the_process_counts(tmp_path: Path) -> None:
    membership = tmp_path / "membership"
    membership.write_text("0::/pod/worker\n", encoding="utf-8")
    groups = tmp_path / "groups"
    write(groups / "pod", memory__max="1000", memory__current="700", memory__stat="inactive_file 0")
    write(groups / "pod/worker", memory__max="max", memory__current="600")
    assert read_memory(groups, membership) == Memory(total=1000, available=300)


def test_cached_files_are_not_in_use(tmp_path: Path) -> None:
    stat = "anon 300\ninactive_file 400\n"
    write(tmp_path, memory__max="1000", memory__current="700", memory__stat=stat)
    membership = tmp_path / "membership"
    membership.write_text("0::/\n", encoding="utf-8")
    assert read_memory(tmp_path, membership).used_share == 1 - 0.7


def test_the_first_version_of_cgroups_is_read_too(tmp_path: Path) -> None:
    write(
        tmp_path / "memory",
        memory__limit_in_bytes="1000",
        memory__usage_in_bytes="950",
        memory__stat="total_inactive_file 50\n",
    )
    assert read_memory(tmp_path, tmp_path / "missing") == Memory(total=1000, available=100)
