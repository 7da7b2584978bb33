"""Requests that the service takes. Pure, but for the book that remembers.

``body`` makes a body acceptable: its messages regular (``messages``, ``tool_results``), and no more of
them than fits (``fitting``). ``lessons`` says what refusals teach, and ``lesson_book`` remembers it for
the life of the process.
"""

from .body import ModelChoices, acceptable
from .lesson_book import LessonBook
from .lessons import Lessons

__all__ = ["LessonBook", "Lessons", "ModelChoices", "acceptable"]
