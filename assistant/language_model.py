"""The LLM: livekit-plugins-openai on one HTTP client, for OpenAI and everything compatible."""

from __future__ import annotations

import openai
from livekit.plugins import openai as openai_plugin

NO_KEY_NEEDED = "no-key-needed"
"""Sent where only a base URL is configured: servers of one's own ask for no key, but the OpenAI
client insists on one."""


def create_llm(*, model: str, api_key: str | None, base_url: str | None) -> openai_plugin.LLM:
    """Build the LLM. Call it in the event loop that will use it, and ``aclose`` it in the end.

    Args:
        model: The model's name, as the server knows it.
        api_key: None for a server that needs none.
        base_url: None for OpenAI itself.
    """
    client = openai.AsyncOpenAI(
        api_key=api_key or NO_KEY_NEEDED,
        base_url=base_url,
        # Retrying is the session's: it knows whether text was already shown.
        max_retries=0,
        # Over aiohttp a chunk costs less CPU than over httpx, and rooms get it sooner.
        http_client=openai.DefaultAioHttpClient(),
    )
    return _OwningLLM(model, client)


class _OwningLLM(openai_plugin.LLM):
    """The plugin's LLM, which leaves a client that it was given open, with its client closed."""

    def __init__(self, model: str, client: openai.AsyncOpenAI) -> None:
        super().__init__(model=model, client=client)
        self._own_client = client

    async def aclose(self) -> None:
        await super().aclose()
        await self._own_client.close()
