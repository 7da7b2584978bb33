"""What ``CHAT_MEMORY`` names: a file of SQLite, or a database of PostgreSQL. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

ALLOWED = "sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE"
"""What may be named."""

WITHOUT_STATEMENTS = ("statement_cache_size", "0")
"""In the URL's query: nothing is prepared on a connection, which a pooler may give to others."""

_SQLITE = "sqlite:///"
_POSTGRES = ("postgresql", "postgres")


@dataclass(frozen=True)
class StoreAddress:
    """Where the store is. Its text shows no password."""

    kind: Literal["sqlite", "postgres"]
    """Which database it is."""

    path: Path | None = None
    """SQLite's file; relative to the working directory if it is not absolute."""

    url: str = field(default="", repr=False)
    """PostgreSQL's URL for its driver, with the password."""

    prepares_statements: bool = True
    """Whether statements may be prepared once for many uses; PgBouncer may not allow it."""

    setting: str = field(default="", repr=False)
    """What names it, in any working directory, with the password."""

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups of packages that it needs, beside those of the worker."""
        return ("memory",) if self.kind == "sqlite" else ("memory", "postgres")


def parse_address(text: str) -> StoreAddress:
    """Read the setting.

    Raises:
        ValueError: It names no database. The error's text does not quote it, as it may hold a password.
    """
    if text.startswith(_SQLITE):
        path = Path(_file_of(text))
        return StoreAddress("sqlite", path=path, setting=f"{_SQLITE}{path.absolute()}")
    try:
        url = urlsplit(text)
        complete = (
            url.scheme in _POSTGRES and url.hostname and url.path.strip("/") and url.port != 0
        )
    except ValueError:
        complete = False
    if not complete:
        raise ValueError(f"must be {ALLOWED}")
    query = parse_qsl(url.query, keep_blank_values=True)
    rest = [each for each in query if each != WITHOUT_STATEMENTS]
    return StoreAddress(
        "postgres",
        url=urlunsplit(url._replace(scheme="postgresql", query=urlencode(rest))),
        prepares_statements=len(rest) == len(query),
        setting=text,
    )


def _file_of(text: str) -> str:
    path = text.removeprefix(_SQLITE)
    # A query would become part of the name, and what is only in memory does not outlive the process.
    if not path or path.endswith("/") or path == ":memory:" or "?" in path:
        raise ValueError(f"must be {ALLOWED}")
    return path
