"""Brings the tables of a store to the newest version; a program of its own, which ends with its memory.

``python -m worker.store.preparation.migrating`` reads the address from its input, as it may hold a password, and
writes what came of it: nothing if all is well, else the fields of a failure as JSON.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from dataclasses import asdict
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from worker.store.database.address import StoreAddress, parse_address
from worker.store.database.engine import WRITES, create_engine
from worker.store.database.failures import STORE_ERRORS, Failure, failure_of

from .revision import HEAD, is_newer, read_revision

STEPS = Path(__file__).with_name("migrations")
"""The folder of alembic."""

LIMIT = 300.0
"""Seconds that one statement may take, or another worker's migration."""

_LOCK = 0x63686174
"""The number of the lock in PostgreSQL: any that no other program takes."""


async def migrate(address: StoreAddress) -> None:
    """Make or change the tables, in one transaction, while no other worker does.

    Raises:
        NewerDatabaseError: A newer version of this code has been here.
    """
    engine = create_engine(address, 1, statement_limit=LIMIT)
    try:
        async with engine.connect() as connection:
            await connection.execution_options(**{WRITES: True})
            async with connection.begin():
                await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


def alembic_config() -> Config:
    """Alembic's configuration."""
    config = Config()
    config.set_main_option("script_location", str(STEPS))
    return config


class NewerDatabaseError(Exception):
    """The tables are those of a newer version."""


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    # Another worker may have been faster.
    revision = read_revision(connection)
    if is_newer(revision):
        raise NewerDatabaseError
    if revision != HEAD:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _run(address: StoreAddress) -> Failure | None:
    try:
        asyncio.run(migrate(address))
    except NewerDatabaseError:
        return Failure("newer")
    except STORE_ERRORS as error:
        return failure_of(error)
    return None


def main() -> None:
    """Migrate the store that is named on the standard input."""
    logging.disable()
    failure = _run(parse_address(sys.stdin.read()))
    if failure is not None:
        sys.stdout.write(json.dumps(asdict(failure)))


if __name__ == "__main__":
    main()
