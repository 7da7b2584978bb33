"""What a process has learned about the models of its service."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from assistant.language_model.failure import Failure
from assistant.language_model.refusal import Refusal, failure_of

from .lessons import Lessons, learn
from .messages import Message, size_of

logger = logging.getLogger(__name__)


class LessonBook:
    """Remembers, for each model, what refusals taught: one failed request, not one a turn."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._lessons: dict[str, Lessons] = {}

    def of(self, model: str) -> Lessons:
        """What is known of a model."""
        return self._lessons.get(model, Lessons())

    def explain(
        self, refusal: Refusal, body: Mapping[str, Any], wanted: Sequence[Message] | None = None
    ) -> Failure:
        """Say what a refusal stands for, and remember what it teaches.

        Args:
            refusal: What the service said.
            body: The request as it was sent.
            wanted: The messages that it was made of; None if they were sent as they are.
        """
        failure, known = failure_of(refusal), self.of(body["model"])
        if refusal.is_too_long and _is_too_long(body, known):
            return replace(failure, learned=True)  # Another room has learned it since.
        return self._note(failure, learn(known, refusal, body, wanted), body)

    def learn_path(self, failure: Failure, path: str, body: Mapping[str, Any]) -> Failure:
        """Remember that the service's requests have another path, which is to be tried."""
        return self._note(failure, replace(self.of(body["model"]), path=path), body)

    def _note(self, failure: Failure, lessons: Lessons, body: Mapping[str, Any]) -> Failure:
        known = self.of(body["model"])
        if lessons == known:
            # Another room may have learned it since this request was made.
            return replace(failure, learned=_is_outdated(body, known))
        self._lessons[body["model"]] = lessons
        changed = {k: v for k, v in asdict(lessons).items() if v != asdict(known)[k]}
        what = {k: sorted(v) if isinstance(v, frozenset) else v for k, v in changed.items()}
        logger.info("learned what the LLM service takes", extra={"model": body["model"], **what})
        return replace(failure, learned=True)


def _is_too_long(body: Mapping[str, Any], known: Lessons) -> bool:
    """Whether a request was made that would be shorter by now."""
    messages = body["messages"]
    turns = sum(message["role"] == "user" for message in messages)
    return known.most_bytes is not None and turns > 1 and size_of(messages) > known.most_bytes


def _is_outdated(body: Mapping[str, Any], known: Lessons) -> bool:
    """Whether a request was made without what is known by now."""
    if known.without & body.keys():
        return True
    has_system = any(message["role"] == "system" for message in body["messages"])
    return (
        (has_system and not known.system_role)
        or (bool(body.get("tools")) and not known.tools)
        or (bool(body.get("stream")) and not known.streams)
    )
