"""What kind of failure an exception of the store is; nothing that it says is kept."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import CompileError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from worker.store.database.failures import Failure, failure_of

SQLITE = {
    "SQLITE_BUSY": "locked",
    "SQLITE_LOCKED": "locked",
    "SQLITE_FULL": "full",
    "SQLITE_READONLY": "read-only",
    "SQLITE_READONLY_DBMOVED": "read-only",
    "SQLITE_IOERR_FSYNC": "unreachable",
    "SQLITE_CANTOPEN": "unreachable",
    "SQLITE_CORRUPT": "damaged",
    "SQLITE_NOTADB": "damaged",
    "SQLITE_CONSTRAINT_UNIQUE": "refused",
}
POSTGRES = {
    "08006": "unreachable",
    "57P01": "unreachable",
    "53300": "unreachable",
    "53100": "full",
    "25006": "read-only",
    "28P01": "denied",
    "3D000": "denied",
    "42501": "denied",
    "40P01": "locked",
    "57014": "slow",
    "XX001": "damaged",
    "23505": "refused",
    "42P01": "refused",
}


class DriversError(Exception):
    """As a driver for PostgreSQL raises it."""

    def __init__(self, sqlstate: str | None = None) -> None:
        super().__init__("quotes a statement")
        self.sqlstate = sqlstate


def wrapped(error: Exception) -> DBAPIError:
    return OperationalError("SELECT 'hidden'", {"x": "hidden"}, error)


@pytest.mark.parametrize(("name", "kind"), SQLITE.items())
def test_sqlites_codes(name: str, kind: str) -> None:
    error: Any = sqlite3.OperationalError("hidden")
    error.sqlite_errorcode, error.sqlite_errorname = getattr(sqlite3, name), name
    expected = Failure(kind, "OperationalError", name)  # type: ignore[arg-type]  # It is one.
    assert failure_of(error) == failure_of(wrapped(error)) == expected


@pytest.mark.parametrize(("state", "kind"), POSTGRES.items())
def test_postgresqls_states(state: str, kind: str) -> None:
    expected = Failure(kind, "DriversError", state)  # type: ignore[arg-type]  # It is one.
    assert failure_of(wrapped(DriversError(state))) == expected


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (TimeoutError(), "slow"),
        (PoolTimeout(), "slow"),
        (ConnectionRefusedError(), "unreachable"),
        (OSError(), "unreachable"),
        (wrapped(DriversError()), "unreachable"),
        (CompileError("hidden"), "refused"),
    ],
)
def test_without_a_code_the_type_tells(error: Exception, kind: str) -> None:
    failure = failure_of(error)
    assert (failure.kind, failure.code) == (kind, "")


@given(st.text(alphabet="0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=5, max_size=5))
def test_any_state_is_a_failure_that_quotes_nothing(state: str) -> None:
    failure = failure_of(wrapped(DriversError(state)))
    assert failure.fields == {"cause": "DriversError", "code": state}
