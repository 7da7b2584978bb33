"""A process's LLM: one client, which all rooms of an event loop share."""

from __future__ import annotations

import openai

from .client import NO_KEY_NEEDED, create_client, create_connections
from .request import ModelChoices
from .room_llm import RoomLLM

PREWARM_LIMIT = 10.0
"""Seconds that opening a connection in advance may take."""


class LanguageModel:
    """Holds the client, and gives each room a separate LLM that uses it."""

    def __init__(
        self,
        *,
        model: str,
        api_key: str | None,
        base_url: str | None,
        fallback_model: str | None = None,
        choices: ModelChoices | None = None,
    ) -> None:
        """Create it in the event loop that will use it, and ``aclose`` it in the end.

        Args:
            model: The model's name, as the service knows it.
            api_key: None for a service that needs none.
            base_url: None for OpenAI itself.
            fallback_model: Another model of the same service, asked where the first one fails.
            choices: What is asked of both models beyond an answer.
        """
        self._model = model
        self._fallback_model = fallback_model
        self._connections = create_connections()
        self._client = create_client(api_key, base_url, choices, self._connections)

    def for_room(self) -> RoomLLM:
        """An LLM for one session. Closing it leaves the client open."""
        fallback = RoomLLM(self._fallback_model, self._client) if self._fallback_model else None
        return RoomLLM(self._model, self._client, fallback)

    def client_for(self, base_url: str, api_key: str | None) -> openai.AsyncOpenAI:
        """A client of another service, or of this one for something else, over the same connections.

        It need not be closed, and ends with this.

        Args:
            base_url: Where that service is, up to ``/v1``.
            api_key: Its key; None for a service that needs none.
        """
        client = openai.AsyncOpenAI(
            api_key=api_key or NO_KEY_NEEDED,
            base_url=base_url,
            max_retries=0,
            http_client=self._connections,
        )
        # The SDK takes them from the shell, where they belong to other programs.
        client.organization = client.project = None
        return client

    async def prewarm(self) -> None:
        """Open a connection for the first request. Never raises; whatever the service says is fine."""
        try:
            # The raw response is not parsed: a service may have hundreds of models.
            await self._client.models.with_raw_response.list(timeout=PREWARM_LIMIT)
        except openai.OpenAIError:
            return

    async def aclose(self) -> None:
        """Close the client. Running requests fail."""
        await self._client.close()
