"""What the worker is told by its environment or ``.env``: read and checked in one place."""

from __future__ import annotations

import socket
import sys
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Annotated, Any, Literal, NoReturn
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

BAD_SETTINGS = 2
"""Exit status for settings that are missing or wrong."""

DEFAULT_MODEL = "gpt-4.1-mini"


class Settings(BaseSettings):
    """The variables, by their names in lower case."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    livekit_url: str | None = None
    """Where the LiveKit server is: ``ws://`` or ``wss://`` (``http`` and ``https`` also work)."""

    livekit_api_key: str | None = None
    """The server's API key."""

    livekit_api_secret: SecretStr | None = None
    """The secret that belongs to the key."""

    openai_api_key: SecretStr | None = None
    """Key of the LLM service; may be missing if `openai_base_url` needs none."""

    openai_base_url: str | None = None
    """An OpenAI-compatible service's URL, up to ``/v1``. None is OpenAI itself."""

    chat_model: Annotated[str, Field(min_length=1)] = DEFAULT_MODEL
    """The LLM's name, as the service knows it."""

    chat_fallback_model: Annotated[str, Field(min_length=1)] | None = None
    """Another LLM of the same service, asked where the first one fails. None asks the first again."""

    chat_agent_name: str = ""
    """Name for explicit dispatch. Empty: the worker joins every new room by itself."""

    chat_display_name: Annotated[str, Field(min_length=1)] = "Assistant"
    """What people see as the agent's name."""

    chat_max_message_bytes: Annotated[int, Field(ge=1_000, le=1_000_000)] = 32 * 1024
    """Largest message that is read, in bytes of UTF-8."""

    chat_isolation: Literal["shared", "process"] = "shared"
    """Whether all rooms share the worker's process, or each has a process of its own."""

    chat_max_rooms: Annotated[int, Field(ge=1)] | None = None
    """Rooms that one worker takes at a time. None: as many as its memory, cores and open files are good
    for."""

    chat_max_turns: Annotated[int, Field(ge=1)] = 100
    """Replies that one process generates at a time; other turns wait for them. With ``process`` as
    `chat_isolation` each room has a process, and one turn at a time: `chat_max_rooms` is the limit."""

    chat_max_messages_per_minute: Annotated[int, Field(ge=1)] = 30
    """Messages of one person that are read in a minute."""

    chat_bot_turns: Annotated[int, Field(ge=0)] = 5
    """How often in a row somebody may answer the agent within half a second, which no person can do;
    then they are taken for a bot and not answered. 0 answers everybody."""

    chat_max_waiting: Annotated[int, Field(ge=1)] = 40
    """Messages of a room that may wait to be answered."""

    chat_max_context_bytes: Annotated[int, Field(ge=1_000)] = 200_000
    """What the LLM is told of a conversation at most, in bytes of UTF-8; older turns are left out."""

    chat_overlap: Literal["auto", "interrupt", "collect", "queue"] = "auto"
    """What becomes of messages that come during a reply; ``auto`` interrupts with one person in the
    room, and collects with several."""

    chat_mention: Literal["auto", "always", "never"] = "auto"
    """When people must name the agent: with three or more in the room, with two or more, or never."""

    chat_greeting: str = ""
    """What the agent says to the first person who can see it. Empty: nothing."""

    chat_closing_grace: Annotated[float, Field(ge=0, le=60)] = 10.0
    """Seconds that a running reply may go on when the agent has to leave."""

    chat_health_port: Annotated[int, Field(ge=0, le=65_535)] = 8081
    """Port of the health check in ``start``; 0 takes any free one."""

    chat_health_grace: Annotated[float, Field(ge=0)] = 30.0
    """Seconds without a registration at the LiveKit server after which the health check fails."""

    @model_validator(mode="before")
    @classmethod
    def _ignore_blanks(cls, values: dict[str, Any]) -> dict[str, Any]:
        """A variable that is set to nothing counts as not set, as in a copied ``.env.example``."""
        stripped = {k: v.strip() if isinstance(v, str) else v for k, v in values.items()}
        return {k: v for k, v in stripped.items() if v != ""}


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
    command = next((a for a in arguments if a in _COMMANDS), None)
    if command is None or "--help" in arguments:
        return
    if command in _COMMANDS_IN_ROOMS:
        _require_livekit(settings, arguments)
    # `lk agent dev` is spelled `start --dev`.
    if command == "start" and "--dev" not in arguments:
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
        if value is None and _option(arguments, option) is None:
            refuse(variable, "is not set (with no LiveKit server at hand, run `make dev`)")
    url = _option(arguments, "--url") or settings.livekit_url
    _require_url("LIVEKIT_URL", url, ("ws", "wss", "http", "https"))


def _option(arguments: Sequence[str], name: str) -> str | None:
    """The value of an option on the command line, given as ``--name value`` or ``--name=value``."""
    for argument, following in pairwise((*arguments, "")):
        if argument == name:
            return following
        if argument.startswith(f"{name}="):
            return argument.removeprefix(f"{name}=")
    return None


def _require_llm(settings: Settings) -> None:
    if settings.openai_api_key is None and settings.openai_base_url is None:
        refuse("OPENAI_API_KEY", "is not set, nor is OPENAI_BASE_URL (with no LLM, run `make dev`)")
    _require_url("OPENAI_BASE_URL", settings.openai_base_url, ("http", "https"))


def _require_url(variable: str, url: str | None, schemes: tuple[str, ...]) -> None:
    if url is not None and not _is_url(url, schemes):
        refuse(variable, f"must be a URL that starts with {schemes[0]}:// or {schemes[1]}://")


def _is_url(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        url = urlsplit(text)
        return url.scheme in schemes and bool(url.hostname) and url.port != 0
    except ValueError:
        return False


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
