"""Checks the servers that the settings name, before anything is started."""

import asyncio

import aiohttp
import httpx2
import openai
from livekit import api
from pydantic import SecretStr

from worker.devstack.errors import SettingError, StackError
from worker.settings import Settings
from worker.speech_service import OPENAI_URL, speech_service

_TIMEOUT = 10.0
"""Seconds that a server may take to answer."""


def check_livekit(settings: Settings) -> None:
    """Connect to the LiveKit server in the settings, with its key.

    Raises:
        SettingError: The key or its secret is missing, or the server rejects them.
        StackError: The server does not respond.
    """
    url = settings.livekit_url
    for name in ("livekit_api_key", "livekit_api_secret"):
        if getattr(settings, name) is None:
            raise SettingError(
                f"{name.upper()} is not set. Set it, or unset LIVEKIT_URL to use a local server"
            )
    try:
        asyncio.run(_list_rooms(settings))
    except api.TwirpError as error:
        if error.status == 401:
            raise SettingError(f"{url} rejected LIVEKIT_API_KEY or LIVEKIT_API_SECRET") from error
        raise StackError(
            f"LIVEKIT_URL ({url}) returned HTTP {error.status}; is it a LiveKit server?"
        ) from error
    except (aiohttp.ClientError, TimeoutError) as error:
        raise StackError(
            f"no response from {url}; check LIVEKIT_URL and the network, "
            "or unset LIVEKIT_URL to use a local server"
        ) from error


def check_llm(settings: Settings) -> None:
    """Connect to the LLM in the settings, with its key.

    Raises:
        SettingError: The service rejects the key.
        StackError: It does not respond.
    """
    # The SDK would take the URL from the environment, where it may be set to nothing.
    url = settings.openai_base_url or OPENAI_URL
    _check_service(url, reveal(settings.openai_api_key), "OPENAI_BASE_URL", "OPENAI_API_KEY")


def check_speech(settings: Settings) -> None:
    """Connect to the service for speech in the settings, with its key.

    Raises:
        SettingError: The service rejects the key.
        StackError: It does not respond.
    """
    service = speech_service(settings)
    url, key = "OPENAI_SPEECH_BASE_URL", "OPENAI_SPEECH_API_KEY"
    _check_service(service.base_url, service.api_key or "", url, key)


def reveal(secret: SecretStr | None) -> str:
    """Return a secret's value, empty if there is none."""
    return secret.get_secret_value() if secret else ""


def _check_service(url: str, key: str, url_name: str, key_name: str) -> None:
    try:
        client = openai.OpenAI(
            # A local service often needs no key, but the SDK does.
            api_key=key or "unused",
            base_url=url,
            timeout=_TIMEOUT,
            max_retries=1,
        )
    except httpx2.InvalidURL as error:
        raise SettingError(f"{url_name} is not a URL: {error}") from error
    client.organization = client.project = None
    try:
        # What it says is not parsed: it may be a page.
        client.models.with_raw_response.list()
    except openai.AuthenticationError as error:
        raise SettingError(f"{client.base_url} rejected {key_name}") from error
    except openai.APIConnectionError as error:
        raise StackError(
            f"no response from {client.base_url}; check {url_name} and the network"
        ) from error
    except openai.APIStatusError:
        # It responds. Not every service lists its models, and not every key may see them.
        return


async def _list_rooms(settings: Settings) -> None:
    key, secret = settings.livekit_api_key, reveal(settings.livekit_api_secret)
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT)
    async with api.LiveKitAPI(settings.livekit_url, key, secret, timeout=timeout) as livekit:
        # A name that no room has keeps the answer short.
        await livekit.room.list_rooms(api.ListRoomsRequest(names=["-"]))
