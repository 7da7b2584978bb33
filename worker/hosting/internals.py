"""Checks whether the installed livekit-agents and livekit have what is used beyond their public names.

Whatever is touched of those is listed as a `Feature`, all of them in ``features``, so that an update
which moves some of it costs one warning and what was built on it, not the worker.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, reduce
from importlib import import_module
from inspect import getattr_static
from typing import Any


@dataclass(frozen=True)
class Internal:
    """A name that must exist, and what must be true of it."""

    module: str
    """Where it is imported from."""

    name: str
    """Its name in the module, dotted for a member of a class."""

    parameters: frozenset[str] = frozenset()
    """Parameters that it must take."""

    touches: frozenset[str] = frozenset()
    """Attributes and globals that its code must use, because a subclass relies on them."""


@dataclass(frozen=True)
class Feature:
    """A feature that uses internals, and is switched off if one of them has changed."""

    lost: str
    """What that costs, for the log."""

    internals: tuple[Internal, ...]
    """All that it needs."""

    @cached_property
    def misfits(self) -> list[str]:
        """What the installed packages lack of it, a line for each; empty if they fit."""
        return find_misfits(self.internals)


def find_misfits(internals: tuple[Internal, ...]) -> list[str]:
    """Say what the installed packages lack of what is used, a line for each; empty if they fit."""
    return [line for internal in internals for line in _misfits_of(internal)]


def _misfits_of(internal: Internal) -> Iterator[str]:
    where = f"{internal.module}.{internal.name}"
    try:
        # Looked up as it stands: to ask for some of it would start the SDK's native side.
        found: Any = reduce(
            getattr_static, internal.name.split("."), import_module(internal.module)
        )
    except (ImportError, AttributeError):
        yield f"{where} not found"
        return
    try:
        yield from _differences(where, internal, found)
    except (AttributeError, TypeError, ValueError):
        yield f"{where} is not a function"


def _differences(where: str, internal: Internal, found: Any) -> Iterator[str]:
    if internal.parameters:
        for missing in sorted(internal.parameters - set(inspect.signature(found).parameters)):
            yield f"{where} has no parameter {missing}"
    if internal.touches:
        for missing in sorted(internal.touches - _names_in(found)):
            yield f"{where} does not use {missing}"


def _names_in(function: Any) -> set[str]:
    """All attributes and globals that a function's code uses, inner functions included."""
    code = inspect.unwrap(function).__code__
    names: set[str] = set()
    waiting = [code]
    while waiting:
        code = waiting.pop()
        names.update(code.co_names)
        waiting.extend(inner for inner in code.co_consts if inspect.iscode(inner))
    return names
