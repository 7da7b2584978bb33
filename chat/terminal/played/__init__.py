"""Plays a client of one dialect: ``python -m chat --dialect NAME``.

The terminal then sends exactly what such a client sends, and shows only what it shows, by its rules
of which packet belongs to which message. What goes out is decided in ``parcels``, what is shown in
``screens``, ``segments`` and their ``bubble``; both without I/O. ``settling`` tells when a message
is finished for clients that cannot know. ``player`` is the ``ChatManager`` of it all, and
``clients`` says which clients stand behind a dialect.
"""
