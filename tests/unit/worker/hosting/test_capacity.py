"""How many rooms a worker takes by default."""

from __future__ import annotations

import pytest

from worker.hosting import Isolation
from worker.hosting.capacity import default_max_rooms

GB = 1024**3


@pytest.mark.parametrize(
    ("isolation", "cores", "memory", "rooms"),
    [
        ("shared", 1.0, 4 * GB, 200),
        ("shared", 2.0, 8 * GB, 400),
        ("shared", 0.5, 4 * GB, 100),
        ("shared", 2.0, GB // 2, 69),
        ("shared", 1.0, GB // 8, 1),
        ("process", 2.0, 8 * GB, 50),
        ("process", 2.0, GB, 16),
        ("process", 2.0, GB // 8, 1),
    ],
)
def test_cores_and_memory_bound_the_rooms(
    isolation: Isolation, cores: float, memory: int, rooms: int
) -> None:
    assert default_max_rooms(isolation, cores, memory) == rooms
