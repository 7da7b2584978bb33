"""The file of SQLite: made for its owner alone, in the right mode, and set aside if it is damaged."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

LIMIT = 5.0
"""Seconds that another's lock is waited for."""

CHECK_LIMIT = 3.0
"""Seconds after which a large file that had no damage so far counts as whole."""

_BESIDE = ("", "-wal", "-shm")
"""Endings of the file's name and of those that SQLite has beside it."""

_NO_DATABASE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_PAUSE = 0.05


def prepare_file(path: Path) -> Path | None:
    """Make the file if there is none, and see that it can be used. It takes a moment.

    Returns:
        Where a damaged file is now, in whose place there is a new one; None as a rule.

    Raises:
        OSError: The file cannot be made or renamed.
        sqlite3.Error: It cannot be used now.
    """
    with _one_at_a_time(path.parent):
        damaged = _set_aside(path) if _is_damaged(path) else None
        # What people say is for the owner of the file. Those beside it become like it.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        _write_ahead(path)
    return damaged


@contextlib.contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Keep other workers from setting aside the new file, which they take for the damaged one."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    # Not the file itself: to close it would end the locks that SQLite has on it in this process.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _is_damaged(path: Path) -> bool:
    if not path.exists():
        return False
    end = time.monotonic() + CHECK_LIMIT
    with contextlib.closing(sqlite3.connect(path, timeout=LIMIT)) as connection:
        connection.set_progress_handler(lambda: time.monotonic() > end, 100_000)
        try:
            (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                return False
            if error.sqlite_errorcode & 0xFF in _NO_DATABASE:
                return True
            raise
    return bool(answer != "ok")


def _set_aside(path: Path) -> Path:
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    damaged = path.with_name(f"{path.name}.corrupt-{moment}")
    for ending in _BESIDE:
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + ending).rename(damaged.with_name(damaged.name + ending))
    return damaged


def _write_ahead(path: Path) -> None:
    """Have readers and one writer work at the same time: the file remembers it."""
    end = time.monotonic() + LIMIT
    with contextlib.closing(sqlite3.connect(path, timeout=LIMIT)) as connection:
        while True:
            try:
                (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
                break
            except sqlite3.OperationalError as error:
                # SQLite does not wait for others that make this change.
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                    raise
                time.sleep(_PAUSE)
    if mode != "wal":
        raise OSError(f"the file cannot be written ahead, but only in mode {mode}")
