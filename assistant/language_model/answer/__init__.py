"""Answers made regular: bytes go in, and chunks come out, or a named failure. Pure.

``reader`` reads an answer: its frames (``server_events``), the objects in them (``json_objects``,
``error_events``), their choice (``first_choice``, ``choices``, ``finish``, ``usage``), its text
(``visible_text`` out of ``thoughts``, with their ``thought_marks`` and ``code_spans``,
``leading_blanks`` and ``calls_as_text``) and its tool calls (``tool_calls``, ``sendable``).
"""
