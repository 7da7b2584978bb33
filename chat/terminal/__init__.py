"""A chat client for the terminal, to try the worker by hand: ``python -m chat``.

It is an ordinary user of ``ChatManager``, or of what ``played`` has in its place to be like some
other client. What happens in the room becomes plain values
(``events``, made by ``watcher``); the ``transcript`` decides what they show; a face shows it:
``prompt`` on a terminal, with a line editor below, ``piped`` when input or output is a file or
another program. ``arguments``, ``credentials``, ``printable`` and ``trouble`` are pure, too;
``session`` holds it all together.

A finished message is printed once and stays in the terminal's scrollback, which cannot be changed
afterwards: only messages that still grow are redrawn, and an edit of a finished one is printed
as a new entry that says so.
"""
