"""Checks whether this Python can run the worker; if not, one line says what to do.

Runs in whatever Python somebody starts `agent.py` with, back to 3.8, and without any package.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import NoReturn

from worker.devstack.paths import PROJECT, VENV
from worker.refusal import refuse

OLDEST_PYTHON = (3, 11)
"""As `requires-python` in pyproject.toml has it."""

LOCK = PROJECT / "requirements" / "worker.txt"
"""What has to be installed."""

_PINNED_EVERYWHERE = re.compile(r"^([\w.-]+)==\S+ \\$", re.MULTILINE)
"""A package in a lock file, unless it is for some Pythons or systems only."""


@contextmanager
def explained_imports() -> "Iterator[None]":
    """Exit with one line if this Python is too old, or a package is missing.

    Where all packages are installed, an import that fails is a mistake in the code: it is raised.
    """
    if sys.version_info < OLDEST_PYTHON:
        found, needed = _dotted(sys.version_info[:2]), _dotted(OLDEST_PYTHON)
        _refuse(f"{sys.executable} is Python {found}, but {needed} or newer is required")
    try:
        yield
    except ModuleNotFoundError as error:
        if next(_missing_packages(), None) is None:
            raise
        _refuse(f"packages of requirements/{LOCK.name} are missing in {sys.executable} ({error})")


def _missing_packages() -> "Iterator[str]":
    pinned = LOCK.read_text(encoding="utf-8") if LOCK.exists() else ""
    for name in _PINNED_EVERYWHERE.findall(pinned):
        try:
            metadata.distribution(name)
        except metadata.PackageNotFoundError:
            yield name


def _refuse(complaint: str) -> NoReturn:
    python = VENV / "bin" / "python"
    elsewhere = python.exists() and Path(sys.prefix).resolve() != VENV.resolve()
    advice = f"use {python}" if elsewhere else f"run `make dev`, or `make setup` and use {python}"
    refuse([f"{complaint}; {advice}"])


def _dotted(version: "tuple[int, ...]") -> str:
    return ".".join(map(str, version))
