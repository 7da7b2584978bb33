import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from livekit.api.access_token import Claims, TokenVerifier

from chat.terminal.arguments import Options
from chat.terminal.credentials import STACK_FILE, Credentials, CredentialsError, resolve

SECRET = "a-secret-of-more-than-thirty-two-bytes"
ENVIRONMENT = {
    "LIVEKIT_URL": "ws://environment",
    "LIVEKIT_API_KEY": "key",
    "LIVEKIT_API_SECRET": SECRET,
}
STACK = {
    "url": "ws://stack",
    "api_key": "key",
    "api_secret": SECRET,
    "room": "den",
    "pid": os.getpid(),
}


def claims(credentials: Credentials) -> Claims:
    return TokenVerifier("key", SECRET).verify(credentials.token)


def room_of(credentials: Credentials) -> str:
    grants = claims(credentials).video
    assert grants is not None
    return grants.room


def write_stack(folder: Path, **changes: Any) -> None:
    (folder / STACK_FILE).parent.mkdir()
    (folder / STACK_FILE).write_text(json.dumps({**STACK, **changes}))


def write_env_file(folder: Path) -> None:
    lines = [f"{name}={value}" for name, value in ENVIRONMENT.items()]
    (folder / ".env").write_text("\n".join(lines).replace("environment", "file"))


def ended_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_url_and_token_come_first(tmp_path: Path) -> None:
    write_stack(tmp_path)
    options = Options(url="ws://option", token="t")
    assert resolve(options, ENVIRONMENT, tmp_path) == Credentials("ws://option", "t", "--token")


def test_a_token_goes_with_the_url_of_the_environment(tmp_path: Path) -> None:
    assert resolve(Options(token="t"), ENVIRONMENT, tmp_path).url == "ws://environment"


def test_a_url_goes_with_the_keys_of_the_environment(tmp_path: Path) -> None:
    credentials = resolve(Options(url="ws://option"), ENVIRONMENT, tmp_path)
    assert credentials.url == "ws://option"
    assert room_of(credentials) == "playground"


def test_the_environment_comes_before_the_env_file(tmp_path: Path) -> None:
    write_env_file(tmp_path)
    assert resolve(Options(), {}, tmp_path).url == "ws://file"
    assert resolve(Options(), ENVIRONMENT, tmp_path).url == "ws://environment"


def test_the_env_file_comes_before_the_dev_stack(tmp_path: Path) -> None:
    write_env_file(tmp_path)
    write_stack(tmp_path)
    assert resolve(Options(), {}, tmp_path).url == "ws://file"


def test_the_dev_stack_says_server_and_room(tmp_path: Path) -> None:
    write_stack(tmp_path)
    credentials = resolve(Options(), {}, tmp_path)
    assert credentials.url == "ws://stack"
    assert room_of(credentials) == "den"
    assert room_of(resolve(Options(room="mine"), {}, tmp_path)) == "mine"


def test_a_minted_token_says_who_joins(tmp_path: Path) -> None:
    options = Options(room="r", name="Ann", identity="ann")
    minted = claims(resolve(options, ENVIRONMENT, tmp_path))
    assert (minted.identity, minted.name) == ("ann", "Ann")
    assert minted.video is not None
    assert minted.video.room_join
    assert minted.video.can_update_own_metadata


def test_two_clients_get_two_identities(tmp_path: Path) -> None:
    first, second = (claims(resolve(Options(), ENVIRONMENT, tmp_path)) for _ in range(2))
    assert first.identity != second.identity


def test_an_agent_with_a_name_is_asked_for(tmp_path: Path) -> None:
    environment = {**ENVIRONMENT, "CHAT_AGENT_NAME": "helper"}
    room_config = claims(resolve(Options(), environment, tmp_path)).room_config
    assert room_config is not None
    assert [agent.agent_name for agent in room_config.agents] == ["helper"]


@pytest.mark.filterwarnings("error")
def test_a_short_secret_is_no_concern_of_the_user(tmp_path: Path) -> None:
    assert resolve(Options(), {**ENVIRONMENT, "LIVEKIT_API_SECRET": "secret"}, tmp_path).token


def test_a_login_that_is_not_known_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr("getpass.getuser", fail)
    assert claims(resolve(Options(), ENVIRONMENT, tmp_path)).name == "terminal"


@pytest.mark.parametrize(
    ("options", "environment", "said"),
    [
        (Options(token="t"), {}, "--token needs --url or LIVEKIT_URL"),
        (Options(url="ws://option"), {}, "Not set: LIVEKIT_API_KEY, LIVEKIT_API_SECRET"),
        (Options(), {"LIVEKIT_URL": "ws://environment"}, "Not set: LIVEKIT_API_KEY"),
        (Options(), {**ENVIRONMENT, "LIVEKIT_URL": ""}, "Not set: LIVEKIT_URL."),
        (Options(token="t", room="r"), ENVIRONMENT, "do not pass them"),
        (Options(), {}, "make dev"),
    ],
)
def test_what_is_missing_is_said_in_one_line(
    options: Options, environment: dict[str, str], said: str, tmp_path: Path
) -> None:
    with pytest.raises(CredentialsError) as caught:
        resolve(options, environment, tmp_path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_in_another_encoding_is_one_line(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CHAT_DISPLAY_NAME=Jürgen\n", encoding="latin-1")
    with pytest.raises(CredentialsError, match=r"^\.env is not UTF-8"):
        resolve(Options(), {}, tmp_path)


@pytest.mark.parametrize("pid", [0, -1, 2**70, "none", None, pytest.param(None, id="ended")])
def test_a_dev_stack_that_does_not_run_is_none(
    pid: object, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    write_stack(tmp_path, pid=ended_process() if "ended" in request.node.name else pid)
    with pytest.raises(CredentialsError, match="make dev"):
        resolve(Options(), {}, tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"pid": 1}', "\x00"])
def test_a_broken_state_file_is_none(content: str, tmp_path: Path) -> None:
    write_stack(tmp_path)
    (tmp_path / STACK_FILE).write_text(content)
    with pytest.raises(CredentialsError, match="make dev"):
        resolve(Options(), {}, tmp_path)


def test_the_dev_stack_of_another_user_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(pid: int, number: int) -> None:
        raise PermissionError

    monkeypatch.setattr("os.kill", refuse)
    write_stack(tmp_path)
    assert resolve(Options(), {}, tmp_path).url == "ws://stack"


def test_secrets_are_not_in_the_repr(tmp_path: Path) -> None:
    credentials = resolve(Options(), ENVIRONMENT, tmp_path)
    assert credentials.token not in repr(credentials)
