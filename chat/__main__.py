"""``python -m chat``: the terminal chat client."""

import contextlib
import sys

if __name__ == "__main__":
    # Loading the SDK takes seconds on a busy machine, and Ctrl-C has to leave quietly then, too.
    with contextlib.suppress(KeyboardInterrupt):
        from .terminal.command import main

        sys.exit(main())
