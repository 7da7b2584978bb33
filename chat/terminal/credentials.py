"""Where to connect, and with which token: from options, environment, .env or a running `make dev`.

Reads two files and contacts nobody.
"""

from __future__ import annotations

import getpass
import json
import os
import secrets
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dotenv import dotenv_values
from livekit import api

from .arguments import Options

DEFAULT_ROOM = "playground"
STACK_FILE = Path(".dev", "stack.json")
"""Written by a running `make dev`, in the folder of the checkout."""

_VARIABLES = ("LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET")
_NOTHING_FOUND = (
    "No LiveKit server found. Start one with `make dev`, set "
    "LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET, or use --url and --token."
)


class CredentialsError(Exception):
    """Options and settings do not define a connection; `str()` says what to do."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A server and the right to join one of its rooms."""

    url: str
    token: str = field(repr=False)
    source: str
    """Where the token comes from, for the error message if it is rejected."""


@dataclass(frozen=True, slots=True)
class _Project:
    """A server and the key pair that signs tokens for it."""

    url: str
    api_key: str
    api_secret: str = field(repr=False)
    room: str
    source: str


def resolve(options: Options, environment: Mapping[str, str], folder: Path) -> Credentials:
    """Find out where to connect.

    Args:
        options: Comes first.
        environment: Comes before `.env` in `folder`.
        folder: Holds `.env` and the state file of a running `make dev`, which comes last.

    Raises:
        CredentialsError: If these define no connection, or only a part of one.
    """
    settings = {**_env_file(folder / ".env"), **environment}
    url, api_key, api_secret = (settings.get(variable) or "" for variable in _VARIABLES)
    url = options.url or url
    if options.token is not None:
        return _with_token(options, url)
    if url or api_key or api_secret:
        project = _complete(url, api_key, api_secret)
    else:
        project = _running_stack(folder / STACK_FILE)
    return Credentials(
        url=project.url,
        token=_mint(project, options, agent_name=settings.get("CHAT_AGENT_NAME") or ""),
        source=project.source,
    )


def _env_file(path: Path) -> dict[str, str | None]:
    try:
        return dotenv_values(path)
    except UnicodeDecodeError:
        raise CredentialsError(f"{path.name} is not UTF-8; save it as UTF-8.") from None
    except OSError as error:
        raise CredentialsError(f"{path.name} cannot be read: {error.strerror}.") from None


def _with_token(options: Options, url: str) -> Credentials:
    if not url:
        raise CredentialsError("--token needs --url or LIVEKIT_URL.")
    if options.room or options.name or options.identity:
        raise CredentialsError("--token includes room, name and identity; do not pass them too.")
    return Credentials(url, options.token or "", source="--token")


def _complete(url: str, api_key: str, api_secret: str) -> _Project:
    values = (url, api_key, api_secret)
    missing = [name for name, value in zip(_VARIABLES, values, strict=True) if not value]
    if missing:
        raise CredentialsError(
            f"Not set: {', '.join(missing)}. Set all of {', '.join(_VARIABLES)}, "
            "or use --url and --token."
        )
    return _Project(url, api_key, api_secret, DEFAULT_ROOM, "LIVEKIT_API_KEY, LIVEKIT_API_SECRET")


def _running_stack(state_file: Path) -> _Project:
    try:
        state = json.loads(state_file.read_text(encoding="utf-8"))
        project = _Project(
            url=str(state["url"]),
            api_key=str(state["api_key"]),
            api_secret=str(state["api_secret"]),
            room=str(state.get("room") or DEFAULT_ROOM),
            source=str(STACK_FILE),
        )
        alive = _is_alive(int(state["pid"]))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise CredentialsError(_NOTHING_FOUND) from None
    if not alive:
        raise CredentialsError(_NOTHING_FOUND)
    return project


def _is_alive(pid: int) -> bool:
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True


def _mint(project: _Project, options: Options, agent_name: str) -> str:
    token = (
        api.AccessToken(project.api_key, project.api_secret)
        .with_identity(options.identity or f"terminal-{secrets.token_hex(3)}")
        .with_name(options.name or _login())
        .with_grants(
            api.VideoGrants(
                room_join=True,
                room=options.room or project.room,
                can_update_own_metadata=True,
            )
        )
    )
    if agent_name:
        # A worker with a name is not dispatched by itself: the newcomer has to ask for it.
        dispatch = api.RoomAgentDispatch(agent_name=agent_name)
        token = token.with_room_config(api.RoomConfiguration(agents=[dispatch]))
    with warnings.catch_warnings():
        # The server chose its secret; that it is short cannot be mended from here.
        warnings.simplefilter("ignore")
        return token.to_jwt()


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "terminal"
