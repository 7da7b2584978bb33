"""As many files may be open as the system allows, and where that is few, it is said."""

from __future__ import annotations

import resource
from collections.abc import Iterator

import pytest

from worker.hosting import create_server
from worker.hosting.descriptors import raise_limit

LOW = 512


@pytest.fixture(autouse=True)
def lowered() -> Iterator[int]:
    """A soft limit as systems set it. Returns the hard one."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (LOW, before[1]))
    yield before[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


async def test_a_worker_whose_rooms_share_a_process_raises_the_limit(lowered: int) -> None:
    create_server("process", 1)
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == LOW
    create_server("shared", 1)
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == lowered


def test_where_it_may_not_be_raised_it_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ValueError("not allowed to raise maximum limit")

    with monkeypatch.context() as patched:
        patched.setattr(resource, "setrlimit", refuse)
        assert raise_limit() == LOW


@pytest.mark.parametrize(("max_rooms", "warnings"), [(3, 0), (4, 0), (5, 1)])
async def test_a_worker_says_when_its_open_files_are_too_few_for_its_rooms(
    max_rooms: int,
    warnings: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("worker.hosting.server.raise_limit", lambda: LOW)
    server, _ = create_server("shared", max_rooms)
    server.emit("worker_started")
    assert [vars(record)["rooms_within"] for record in caplog.records] == [4] * warnings
