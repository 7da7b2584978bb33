"""Warns about variables that look like settings but are none, and about lines that are no variables."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path

from dotenv.parser import Binding, parse_stream

OURS = "CHAT_"
"""Begins the names that no other program has a use for."""

INTERNAL = "CHAT_INTERNAL_"
"""Begins the names under which a worker tells the processes of its jobs something."""

SHARED = ("LIVEKIT_", "OPENAI_")
"""Begin names that the libraries, and other programs of theirs, have too."""

OF_LIBRARIES = frozenset({"OPENAI_ADMIN_KEY", "OPENAI_API_TYPE", "LIVEKIT_WORKER_TOKEN"})
"""Names that are much like settings of ours, and are known to the libraries."""

LIKENESS = 0.83
"""Similarity, of 1, from which a name that others may use counts as a typo: OPENAI_KEY just does."""

TOLD = "SETTINGS_WARNED"
"""Tells the processes that are started from this one that all is said."""


def warn_of_what_is_ignored(env_file: str, known: Collection[str]) -> None:
    """Write a line to stderr for each unknown name, and for each line of the file without a name.

    Args:
        env_file: A file of variables; may be missing.
        known: The names of all settings.
    """
    # It is said here, with the name of the file, and once.
    logging.getLogger("dotenv.main").setLevel(logging.ERROR)
    if TOLD in os.environ:
        return
    lines = _read(Path(env_file))
    variables = {line.key: line.value for line in lines if line.key} | dict(os.environ)
    told = [
        f"line {line.original.line} of {env_file} is ignored; it is not NAME=value"
        for line in lines
        if line.error
    ]
    told += find_unknown_names((name for name, value in variables.items() if value), known)
    if told:
        os.environ[TOLD] = "1"
    sys.stderr.writelines(f"warning: {each}\n" for each in told)


def _read(path: Path) -> list[Binding]:
    if not path.is_file():
        return []
    with path.open(encoding="utf-8-sig") as file:
        return list(parse_stream(file))


def find_unknown_names(names: Iterable[str], known: Collection[str]) -> Iterator[str]:
    """Say of each name that looks like a setting and is none which one was probably meant.

    Args:
        names: Variables that have a value.
        known: The names of all settings.
    """
    given = {name.upper() for name in names}
    for name in sorted(given.difference(known, OF_LIBRARIES)):
        if name.startswith(INTERNAL):
            continue
        if name.startswith(OURS):
            ends = [each.removeprefix(OURS) for each in known if each.startswith(OURS)]
            meant = get_close_matches(name.removeprefix(OURS), ends, n=1)
            hint = f"did you mean {OURS}{meant[0]}?" if meant else "see .env.example"
            yield f"{name} is not a setting and is ignored; {hint}"
        elif name.startswith(SHARED):
            meant = get_close_matches(name, known, n=1, cutoff=LIKENESS)
            # Where the right one is set as well, the other is most likely for somebody else.
            if meant and meant[0] not in given:
                yield f"{name} is not a setting and is ignored; did you mean {meant[0]}?"
