"""Where the development stack keeps its files."""

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
"""The checkout."""

VENV = PROJECT / ".venv"
"""The virtual environment that `make` installs into."""

RUN = PROJECT / ".dev"
"""Files of a running stack: its state and the logs of its processes."""


def cache() -> Path:
    """Return the user's cache folder for what outlives a checkout."""
    root = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification has relative paths ignored.
    base = Path(root) if os.path.isabs(root) else Path.home() / ".cache"
    return base / "livekit-text-agent"
