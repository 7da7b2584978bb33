"""The LLM of one room's session."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import openai
from livekit.agents import llm
from livekit.plugins import openai as openai_plugin


class RoomLLM(openai_plugin.LLM):
    """The plugin's LLM for one room, on a client that other rooms share.

    A session receives every error and every count of tokens that its LLM announces: with one LLM for
    all rooms, each would receive the others'.
    """

    def __init__(
        self, model: str, client: openai.AsyncOpenAI, fallback: RoomLLM | None = None
    ) -> None:
        """Cheap: nothing is connected.

        Args:
            model: The model's name, as the service knows it.
            client: Stays open when this is closed.
            fallback: Asked where this one fails. Its counts of tokens become this one's.
        """
        super().__init__(model=model, client=client)
        self._fallback = fallback
        if fallback is not None:
            fallback.on("metrics_collected", self._pass_metrics_on)

    @property
    def attempts(self) -> Sequence[llm.LLM[Any]]:
        """Whom to ask, one after the other, until one answers."""
        return (self, self if self._fallback is None else self._fallback)

    def prewarm(self, *, loop: asyncio.AbstractEventLoop | None = None) -> None:
        """Do nothing: each session would ask for the list of models, on a client that is warm."""

    def _pass_metrics_on(self, metrics: Any) -> None:
        self.emit("metrics_collected", metrics)
