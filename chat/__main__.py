"""``python -m chat``: the terminal chat client."""

import contextlib
import sys

if __name__ == "__main__":
    # Loading the SDK takes seconds on a busy machine; Ctrl-C must end it without a traceback then, too.
    with contextlib.suppress(KeyboardInterrupt):
        from .terminal.command import main

        sys.exit(main())
