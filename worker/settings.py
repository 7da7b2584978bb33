"""What the worker is told by its environment or ``.env``: read and checked in one place."""

from __future__ import annotations

import socket
import sys
from collections.abc import Sequence
from functools import cache
from typing import Annotated, NoReturn

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

BAD_SETTINGS = 2
"""Exit status for settings that are missing or wrong."""

DEFAULT_MODEL = "gpt-4.1-mini"


def _none_if_blank(value: object) -> object:
    """A variable that is set to nothing counts as not set, as in a copied ``.env.example``."""
    return None if isinstance(value, str) and not value.strip() else value


OptionalText = Annotated[str | None, BeforeValidator(_none_if_blank)]
OptionalSecret = Annotated[SecretStr | None, BeforeValidator(_none_if_blank)]


class Settings(BaseSettings):
    """The variables, by their names in lower case."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    livekit_url: OptionalText = None
    """Where the LiveKit server is: ``ws://`` or ``wss://`` (``http`` and ``https`` also work)."""

    livekit_api_key: OptionalText = None
    """The server's API key."""

    livekit_api_secret: OptionalSecret = None
    """The secret that belongs to the key."""

    openai_api_key: OptionalSecret = None
    """Key of the LLM service; may be missing if `openai_base_url` needs none."""

    openai_base_url: OptionalText = None
    """An OpenAI-compatible service's URL, up to ``/v1``. None is OpenAI itself."""

    chat_model: Annotated[str, Field(min_length=1)] = DEFAULT_MODEL
    """The LLM's name, as the service knows it."""

    chat_agent_name: str = ""
    """Name for explicit dispatch. Empty: the worker joins every new room by itself."""

    chat_display_name: Annotated[str, Field(min_length=1)] = "Assistant"
    """What people see as the agent's name."""

    chat_max_message_bytes: Annotated[int, Field(ge=1_000, le=1_000_000)] = 32 * 1024
    """Largest message that is read, in bytes of UTF-8."""

    chat_max_rooms: Annotated[int, Field(ge=1)] = 50
    """Rooms that one worker takes at a time."""

    chat_health_port: Annotated[int, Field(ge=0, le=65_535)] = 8081
    """Port of the health check in ``start``; 0 takes any free one."""


def load_settings() -> Settings:
    """Read the settings. Prints one line that names the variable, and exits, if one is wrong."""
    try:
        return _read()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        refuse(str(first["loc"][0]).upper(), first["msg"])


@cache
def _read() -> Settings:
    return Settings()


def check_for_command(settings: Settings, arguments: Sequence[str]) -> None:
    """Exit with one line, before LiveKit's command line runs, if a command lacks a setting.

    Args:
        settings: What the environment says.
        arguments: The command line without the program's name. Options that take the place of a
            variable are respected; help, and commands that need nothing, are let through.
    """
    command = next((a for a in arguments if not a.startswith("-")), None)
    if command not in _COMMANDS or "--help" in arguments:
        return
    if command in _COMMANDS_IN_ROOMS:
        _require_livekit(settings, arguments)
    if command == "start":
        _require_free_port(settings.chat_health_port)
    _require_llm(settings)


_COMMANDS_IN_ROOMS = ("dev", "start", "connect")
_COMMANDS = (*_COMMANDS_IN_ROOMS, "console")


def _require_livekit(settings: Settings, arguments: Sequence[str]) -> None:
    required = {
        "--url": ("LIVEKIT_URL", settings.livekit_url),
        "--api-key": ("LIVEKIT_API_KEY", settings.livekit_api_key),
        "--api-secret": ("LIVEKIT_API_SECRET", settings.livekit_api_secret),
    }
    for option, (variable, value) in required.items():
        given = any(a == option or a.startswith(f"{option}=") for a in arguments)
        if value is None and not given:
            refuse(variable, "is not set (with no LiveKit server at hand, run `make dev`)")
    url = settings.livekit_url
    if url is not None and not url.startswith(("ws://", "wss://", "http://", "https://")):
        refuse("LIVEKIT_URL", "must start with ws:// or wss://")


def _require_llm(settings: Settings) -> None:
    if settings.openai_api_key is None and settings.openai_base_url is None:
        refuse("OPENAI_API_KEY", "is not set, nor is OPENAI_BASE_URL (with no LLM, run `make dev`)")
    url = settings.openai_base_url
    if url is not None and not url.startswith(("http://", "https://")):
        refuse("OPENAI_BASE_URL", "must start with http:// or https://")


def _require_free_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            refuse("CHAT_HEALTH_PORT", f"{port} is in use; choose another, or 0 for any")


def refuse(variable: str, complaint: str) -> NoReturn:
    """Say in one line what is wrong with a variable, and exit."""
    sys.stderr.write(f"{variable} {complaint[:1].lower()}{complaint[1:]}\n")
    raise SystemExit(BAD_SETTINGS)
