"""How a program exits if its settings are wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import NoReturn

BAD_SETTINGS = 2
"""Exit status for settings that are missing or wrong."""


def refuse(complaints: Iterable[str]) -> NoReturn:
    """Say what is wrong, in a line for each setting that begins with its variable, and exit."""
    sys.stderr.writelines(f"{complaint}\n" for complaint in complaints)
    raise SystemExit(BAD_SETTINGS)
