"""Keeps what people say, their names and the tokens out of everything that a worker prints.

``records``, ``exceptions`` and ``hooks`` do so for what Python prints. What native code prints goes
through a small program, ``native_filter``, which imports nothing but this package and the standard
library; ``native_stderr`` runs it.
"""
