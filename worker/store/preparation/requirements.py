"""What a store needs before it can be used: packages, and for a file a folder that is safe."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec

from worker.store.database.address import StoreAddress, parse_address

from .file_system import unsafe_file_system

PACKAGES = {"memory": ("sqlalchemy", "aiosqlite", "alembic", "greenlet"), "postgres": ("asyncpg",)}
"""What tells whether a group is installed."""


def find_unmet(setting: str) -> Iterator[str]:
    """Say what is wrong with CHAT_MEMORY, in lines that do not quote it: it may hold a password."""
    try:
        address = parse_address(setting)
    except ValueError as error:
        yield f"CHAT_MEMORY {error}"
        return
    yield from _find_missing_groups(address)
    yield from _check_folder(address)


def _find_missing_groups(address: StoreAddress) -> Iterator[str]:
    missing = [
        f"requirements/{group}.txt"
        for group in address.groups
        if not all(map(find_spec, PACKAGES[group]))
    ]
    if missing:
        files = " and ".join(missing)
        install = " ".join(f"-r {file}" for file in missing)
        yield (
            f"CHAT_MEMORY needs the packages of {files}, which are missing in {sys.executable}; "
            f"run `{sys.executable} -m pip install {install}`"
        )


def _check_folder(address: StoreAddress) -> Iterator[str]:
    if address.path is None:
        return
    folder = address.path.parent
    if not folder.is_dir():
        yield f"CHAT_MEMORY names a file in {folder}, which is no folder"
    elif address.path.is_dir():
        yield f"CHAT_MEMORY names {address.path}, which is a folder and no file"
    elif not os.access(folder, os.W_OK | os.X_OK):
        yield f"CHAT_MEMORY names a file in {folder}, where nothing may be written"
    elif (name := unsafe_file_system(address.path)) is not None:
        yield (
            f"CHAT_MEMORY names a file on {name}, where SQLite loses data; "
            "choose a folder on a local disk, or PostgreSQL"
        )
