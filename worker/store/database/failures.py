"""What went wrong in the store, as others may know it: never its own words, which quote statements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

Kind = Literal[
    "opening",
    "unreachable",
    "slow",
    "locked",
    "full",
    "read-only",
    "damaged",
    "denied",
    "newer",
    "refused",
]
"""What is the matter. ``refused`` is a statement that the store takes for wrong: our mistake."""

STORE_ERRORS = (SQLAlchemyError, OSError, TimeoutError, ValueError, OverflowError)
"""What is raised by a store that does not work, and by the drivers for a value that fits nowhere. Their texts
quote what was to be written."""

_SQLITE: dict[int, Kind] = {
    5: "locked",
    6: "locked",
    7: "unreachable",
    8: "read-only",
    10: "unreachable",
    11: "damaged",
    13: "full",
    14: "unreachable",
    26: "damaged",
}
"""Primary result codes of SQLite."""

_POSTGRES: dict[str, Kind] = {
    "08": "unreachable",
    "25006": "read-only",
    "28": "denied",
    "3D": "denied",
    "40": "locked",
    "42501": "denied",
    "53": "unreachable",
    "53100": "full",
    "55": "locked",
    "57": "unreachable",
    "57014": "slow",
    "58": "unreachable",
    "XX": "damaged",
}
"""Values of SQLSTATE, or the classes that they begin with."""


class StoreError(Exception):
    """The store did not do what it was asked. It is said in the log and in the store's health already."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(kind)
        self.kind = kind
        """What is the matter. Trying again helps against all but ``refused`` and ``newer``."""

    @property
    def is_of_data(self) -> bool:
        """Whether what was to be written is at fault, and not the store."""
        return self.kind == "refused"


@dataclass(frozen=True)
class Failure:
    """One failure."""

    kind: Kind
    """What is the matter."""

    cause: str = ""
    """The exception's type."""

    code: str = ""
    """SQLSTATE, or SQLite's name for it; empty if the store said nothing."""

    @property
    def fields(self) -> dict[str, str]:
        """Fields for a log record."""
        return {"cause": self.cause, "code": self.code}


def failure_of(error: BaseException) -> Failure:
    """Say what kind of failure an exception of `STORE_ERRORS` is."""
    origin = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    # What SQLAlchemy makes of a driver's exception has that one as its cause.
    driver = origin.__cause__ if isinstance(error, DBAPIError) and origin.__cause__ else origin
    cause = type(driver).__name__
    if (number := getattr(origin, "sqlite_errorcode", None)) is not None:
        name = getattr(origin, "sqlite_errorname", "")
        return Failure(_SQLITE.get(number & 0xFF, "refused"), cause, name)
    if isinstance(state := getattr(origin, "sqlstate", None), str):
        return Failure(_POSTGRES.get(state) or _POSTGRES.get(state[:2], "refused"), cause, state)
    return Failure(_kind_without_code(error, driver), cause)


def _kind_without_code(error: BaseException, driver: BaseException) -> Kind:
    if isinstance(error, PoolTimeout | TimeoutError) or isinstance(driver, TimeoutError):
        return "slow"
    if isinstance(error, DBAPIError):
        # A connection that broke has no code; that a value is of the wrong type is known by the driver.
        return "refused" if isinstance(driver, ValueError | TypeError) else "unreachable"
    return "unreachable" if isinstance(error, OSError) else "refused"
