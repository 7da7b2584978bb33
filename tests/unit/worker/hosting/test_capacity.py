"""How much a worker takes by default."""

from __future__ import annotations

import pytest

from worker.hosting import Isolation, max_microphones_here
from worker.hosting.capacity import default_max_microphones, default_max_rooms

GB = 1024**3
MANY = 1024**2


@pytest.mark.parametrize(
    ("isolation", "cores", "memory", "open_files", "rooms"),
    [
        ("shared", 1.0, 4 * GB, MANY, 200),
        ("shared", 2.0, 8 * GB, MANY, 400),
        ("shared", 0.5, 4 * GB, MANY, 100),
        ("shared", 2.0, GB // 2, MANY, 69),
        ("shared", 1.0, GB // 8, MANY, 1),
        ("shared", 2.0, 8 * GB, 20_000, 199),
        ("shared", 2.0, 8 * GB, 1024, 9),
        ("shared", 2.0, 8 * GB, 64, 1),
        ("process", 2.0, 8 * GB, 1024, 50),
        ("process", 2.0, GB, 1024, 16),
        ("process", 2.0, GB // 8, 1024, 1),
    ],
)
def test_cores_memory_and_open_files_bound_the_rooms(
    isolation: Isolation, cores: float, memory: int, open_files: int, rooms: int
) -> None:
    assert default_max_rooms(isolation, cores, memory, open_files) == rooms


@pytest.mark.parametrize(
    ("cores", "microphones"), [(0.1, 1), (0.5, 2), (1.0, 4), (2.0, 8), (2.5, 10)]
)
def test_cores_bound_the_microphones(cores: float, microphones: int) -> None:
    assert default_max_microphones(cores) == microphones


def test_there_is_always_a_microphone_for_this_machine() -> None:
    assert max_microphones_here() >= 1
