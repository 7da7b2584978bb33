"""Answers made regular: bytes go in, and chunks come out, or a named failure. Pure.

``reader`` reads an answer: its frames (``server_events``), its choices (``choices``, ``finish``,
``usage``), their text (``thoughts`` with their ``thought_marks`` and ``code_spans``,
``leading_blanks``) and their tool calls (``tool_calls``, ``calls_as_text``).
"""
