"""Checks what a command of ``python agent.py`` needs, before the imports that take seconds."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from itertools import pairwise
from urllib.parse import urlsplit

from pydantic import SecretStr

from .refusal import refuse
from .settings import Settings, read_settings
from .store.preparation.requirements import find_unmet
from .wrong_values import quote

_IN_ROOMS = ("dev", "start", "connect")
_COMMANDS = (*_IN_ROOMS, "console")


def check_command(arguments: Sequence[str]) -> None:
    """Exit with a line for each setting that is wrong, or missing for the command.

    Call it before LiveKit's command line runs, and before anything heavy is imported.

    Args:
        arguments: The command line without the program's name. Options that take the place of a
            variable are respected; help, and commands that need nothing, are let through.
    """
    settings, complaints = read_settings()
    # One line for a variable: where it is wrong, what is lacking is said of its default.
    by_variable = {line.split()[0]: line for line in _find_lacking(settings, arguments)}
    by_variable |= {line.split()[0]: line for line in complaints}
    if by_variable:
        refuse(by_variable.values())


def command_of(arguments: Sequence[str]) -> str | None:
    """The command of a command line, which comes before its options; None if there is none."""
    return next((argument for argument in arguments if argument in _COMMANDS), None)


def joins_rooms(arguments: Sequence[str]) -> bool:
    """Whether a command line runs the worker for rooms: not to ask for help, or for the terminal alone."""
    return command_of(arguments) in _IN_ROOMS and "--help" not in arguments


def settings_for(arguments: Sequence[str]) -> Settings:
    """The settings, with the options of a command line in the place of variables."""
    settings, _ = read_settings()
    url, key, secret = (_option(arguments, name) for name in ("--url", "--api-key", "--api-secret"))
    given = {
        "livekit_url": url,
        "livekit_api_key": key,
        "livekit_api_secret": None if secret is None else SecretStr(secret),
    }
    return settings.model_copy(update={name: v for name, v in given.items() if v is not None})


def _find_lacking(settings: Settings, arguments: Sequence[str]) -> Iterator[str]:
    command = command_of(arguments)
    if command is None or "--help" in arguments:
        return
    if joins_rooms(arguments):
        yield from _check_livekit(settings, arguments)
        if settings.chat_memory is not None:
            yield from find_unmet(settings.chat_memory.get_secret_value())
    if command == "start" and "--dev" not in arguments:
        yield from _check_port(settings.chat_health_port)
    yield from _check_llm(settings)


def _check_livekit(settings: Settings, arguments: Sequence[str]) -> Iterator[str]:
    required = {
        "--url": ("LIVEKIT_URL", settings.livekit_url),
        "--api-key": ("LIVEKIT_API_KEY", settings.livekit_api_key),
        "--api-secret": ("LIVEKIT_API_SECRET", settings.livekit_api_secret),
    }
    for option, (variable, value) in required.items():
        if value is None and _option(arguments, option) is None:
            hint = " (`make dev` runs a local LiveKit server)"
            yield f"{variable} is not set{hint if option == '--url' else ''}"
    url = _option(arguments, "--url") or settings.livekit_url
    yield from _check_url("LIVEKIT_URL", url, ("ws", "wss", "http", "https"))


def _option(arguments: Sequence[str], name: str) -> str | None:
    """The value of an option on the command line, given as ``--name value`` or ``--name=value``."""
    for argument, following in pairwise((*arguments, "")):
        if argument == name:
            return following
        if argument.startswith(f"{name}="):
            return argument.removeprefix(f"{name}=")
    return None


def _check_llm(settings: Settings) -> Iterator[str]:
    if settings.openai_api_key is None and settings.openai_base_url is None:
        yield "OPENAI_API_KEY or OPENAI_BASE_URL must be set (`make dev` runs a local LLM)"
    yield from _check_url("OPENAI_BASE_URL", settings.openai_base_url, ("http", "https"))


def _check_url(variable: str, url: str | None, schemes: tuple[str, ...]) -> Iterator[str]:
    if url is not None and not _is_url(url, schemes):
        beginnings = f"{schemes[0]}:// or {schemes[1]}://"
        yield f"{variable} must be a URL that starts with {beginnings}, got {quote(url)}"


def _is_url(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        url = urlsplit(text)
        return url.scheme in schemes and bool(url.hostname) and url.port != 0
    except ValueError:
        return False


def _check_port(port: int) -> Iterator[str]:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            yield f"CHAT_HEALTH_PORT is {port}, which is already in use; choose another port, or 0 for any"
