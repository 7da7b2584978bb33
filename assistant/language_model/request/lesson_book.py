"""What a process has learned about the models of its service."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from assistant.language_model.content import text_of
from assistant.language_model.failure import Failure
from assistant.language_model.refusal import Refusal, failure_of
from assistant.language_model.refusal_body import without_quotes

from .lessons import Lessons, learn, may_teach
from .messages import Message

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
        self,
        refusal: Refusal,
        body: Mapping[str, Any],
        known: Lessons,
        wanted: Sequence[Message] | None = None,
    ) -> Failure:
        """Say what a refusal stands for, and remember what it teaches.

        Args:
            refusal: What the service said.
            body: The request as it was sent.
            known: What it was made with.
            wanted: The messages that it was made of; None if they were sent as they are.
        """
        asked = (text_of(message.get("content")) for message in body["messages"])
        refusal = without_quotes(refusal, asked)
        failure = failure_of(refusal)
        if not may_teach(refusal):
            return failure
        return self._note(failure, body["model"], known, learn(known, refusal, body, wanted))

    def learn_path(self, failure: Failure, path: str, model: str, known: Lessons) -> Failure:
        """Remember that the service's requests have another path, which is to be tried."""
        return self._note(failure, model, known, replace(known, path=path))

    def _note(self, failure: Failure, model: str, known: Lessons, lessons: Lessons) -> Failure:
        if self.of(model) != known:
            # Another request has taught something since this one was made, most likely the same.
            return replace(failure, learned=True)
        if lessons == known:
            return failure
        self._lessons[model] = lessons
        changed = {k: v for k, v in asdict(lessons).items() if v != asdict(known)[k]}
        what = {k: sorted(v) if isinstance(v, frozenset) else v for k, v in changed.items()}
        logger.info("learned what the LLM service takes", extra={"model": model, **what})
        return replace(failure, learned=True)
