"""A virtual environment with openrtc in it, for the one subject that needs it.

openrtc is no dependency of this project: it is installed here and nowhere else, beside the same
versions of LiveKit's and OpenAI's packages as are measured with it.
"""

import importlib.metadata
import subprocess
import sys

from worker.devstack.paths import RUN

OPENRTC = "openrtc==0.20.1"

_ENVIRONMENT = RUN / "bench" / "openrtc"
PYTHON = _ENVIRONMENT / "bin" / "python"
"""The interpreter that can import it."""

_SAME_VERSIONS = ("livekit", "livekit-agents", "livekit-plugins-openai", "openai", "uvloop")
_LIMIT = 600.0
"""Seconds that one step of the installation may take."""

_INSTALLED = _ENVIRONMENT / "installed"


def install_openrtc() -> str | None:
    """Make the environment if it is not there yet.

    Returns:
        None, or one line that says why openrtc cannot be measured.
    """
    packages = [
        OPENRTC,
        *(f"{name}=={importlib.metadata.version(name)}" for name in _SAME_VERSIONS),
    ]
    wanted = "\n".join(packages)
    if _INSTALLED.exists() and _INSTALLED.read_text(encoding="utf-8") == wanted:
        return None
    try:
        _run(sys.executable, "-m", "venv", "--clear", str(_ENVIRONMENT))
        _run(str(PYTHON), "-m", "pip", "install", "--quiet", "--no-input", *packages)
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        return f"{OPENRTC} cannot be installed: {said.strip().splitlines()[-1]}"
    _INSTALLED.write_text(wanted, encoding="utf-8")
    return None


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=_LIMIT)
