"""A store's trouble is a line an hour of each kind, and over when what failed works."""

from __future__ import annotations

import logging

import pytest

from worker.store.database.failures import Failure
from worker.store.health import QUIET, HealthRecord

FULL, SLOW = Failure("full", "OperationalError", "SQLITE_FULL"), Failure("slow", "TimeoutError")


@pytest.fixture
def record(caplog: pytest.LogCaptureFixture) -> HealthRecord:
    caplog.set_level(logging.INFO)
    record = HealthRecord(lambda: 0.0)
    record.succeed(writes=True)
    return record


def test_it_is_degraded_until_it_was_opened() -> None:
    record = HealthRecord()
    assert record.health.note == "memory: degraded (opening)"
    record.succeed(writes=True)
    assert (record.health.state, record.health.note) == ("ok", "")


def test_each_kind_is_said_once(record: HealthRecord, caplog: pytest.LogCaptureFixture) -> None:
    for failure in (FULL, SLOW, FULL, SLOW):
        record.fail(failure, writes=True)
    assert len(caplog.records) == 2
    assert caplog.records[0].code == "SQLITE_FULL"  # type: ignore[attr-defined]


def test_that_it_works_again_is_said_only_if_its_failure_was(
    record: HealthRecord, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(5):
        record.fail(FULL, writes=True)
        record.succeed(writes=True)
    assert [each.levelname for each in caplog.records] == ["WARNING", "INFO"]


def test_an_hour_later_it_is_said_again(caplog: pytest.LogCaptureFixture) -> None:
    times = iter([0.0, QUIET - 1, QUIET, QUIET, QUIET])
    record = HealthRecord(lambda: next(times))
    for said in (1, 1, 2):
        record.fail(FULL, writes=True)
        assert len(caplog.records) == said


def test_what_cannot_be_written_is_not_cured_by_reading(record: HealthRecord) -> None:
    record.fail(FULL, writes=True)
    since = record.health.since
    record.succeed(writes=False)
    assert (record.health.why, record.health.since) == ("full", since)
    record.succeed(writes=True)
    assert record.health.state == "ok"


def test_what_could_not_be_read_is_cured_by_reading(record: HealthRecord) -> None:
    record.fail(SLOW, writes=False)
    record.succeed(writes=False)
    assert record.health.state == "ok"
