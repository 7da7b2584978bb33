"""Which version of the tables a database has. Known without alembic, which takes 24 MB to import."""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

REVISIONS = ("0001",)
"""The versions that there were, oldest first: each a file in ``migrations/versions``."""

HEAD = REVISIONS[-1]
"""The version that this code works with."""


def read_revision(connection: Connection) -> str | None:
    """The version of a database; None if it has no tables of ours."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version


def is_newer(revision: str | None) -> bool:
    """Tell whether a database was made by a newer version of this code, which has other rules for it."""
    return revision is not None and revision not in REVISIONS
