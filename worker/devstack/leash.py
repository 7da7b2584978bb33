"""Runs another program so that Linux ends it together with the process that started it.

`python leash.py PARENT_PID PROGRAM ARGUMENT...`. A program of its own because the request has to be
made between fork and exec, where Python code in a process with threads may deadlock. Run by path,
so it starts fast: it imports nothing of the project.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask for the signal, then become the program."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # It ended before we asked.
        sys.exit(1)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
