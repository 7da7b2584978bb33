"""Trying what the settings name before anything is started, while the fault is easy to tell."""

import asyncio

import aiohttp
import openai
from livekit import api
from pydantic import SecretStr

from worker.devstack.errors import SettingError, StackError
from worker.settings import Settings

_TIMEOUT = 10.0
"""Seconds that a server may take to answer."""


def check_livekit(settings: Settings) -> None:
    """Reach the LiveKit server that the settings name with the key that they give.

    Raises:
        SettingError: The key or its secret is missing, or the server refuses them.
        StackError: It does not answer.
    """
    url = settings.livekit_url
    for name in ("livekit_api_key", "livekit_api_secret"):
        if getattr(settings, name) is None:
            raise SettingError(
                f"{name.upper()} is not set but LIVEKIT_URL is: set it, or unset that to run a server here"
            )
    try:
        asyncio.run(_list_rooms(settings))
    except api.TwirpError as error:
        if error.status == 401:
            raise SettingError(
                f"LIVEKIT_API_KEY or LIVEKIT_API_SECRET is wrong: {url} refuses them"
            ) from error
        raise StackError(
            f"LIVEKIT_URL, {url}, answers with HTTP status {error.status}: is it a LiveKit server?"
        ) from error
    except (aiohttp.ClientError, TimeoutError) as error:
        raise StackError(
            f"no LiveKit server answers at LIVEKIT_URL, {url}: unset it to run a server here"
        ) from error


def check_llm(settings: Settings) -> None:
    """Reach the LLM that the settings name with the key that they give.

    Raises:
        SettingError: It refuses the key.
        StackError: It does not answer.
    """
    client = openai.OpenAI(
        # A service of one's own often wants no key, but the SDK does.
        api_key=reveal(settings.openai_api_key) or "unused",
        base_url=settings.openai_base_url,
        timeout=_TIMEOUT,
        max_retries=1,
    )
    try:
        client.models.list()
    except openai.AuthenticationError as error:
        raise SettingError(f"OPENAI_API_KEY is wrong: {client.base_url} refuses it") from error
    except openai.APIConnectionError as error:
        raise StackError(
            f"no LLM answers at {client.base_url}: see OPENAI_BASE_URL and this machine's network"
        ) from error
    except openai.APIStatusError:
        # It is there. Not every service lists its models, nor may every key see them.
        return


def reveal(secret: SecretStr | None) -> str:
    """Return a secret's value, empty if there is none."""
    return secret.get_secret_value() if secret else ""


async def _list_rooms(settings: Settings) -> None:
    key, secret = settings.livekit_api_key, reveal(settings.livekit_api_secret)
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT)
    async with api.LiveKitAPI(settings.livekit_url, key, secret, timeout=timeout) as livekit:
        # A name that no room has keeps the answer short.
        await livekit.room.list_rooms(api.ListRoomsRequest(names=["-"]))
