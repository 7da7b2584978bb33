"""What each command needs, and how it is refused without."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

import worker.settings
from tests.environment import environment_with
from worker.command import check_command, command_of, joins_rooms, settings_for
from worker.devstack.paths import PROJECT
from worker.settings import Settings

GOOD = {
    "LIVEKIT_URL": "ws://127.0.0.1:7880",
    "LIVEKIT_API_KEY": "key",
    "LIVEKIT_API_SECRET": "secret",
    "OPENAI_API_KEY": "sk-secret",
    "CHAT_HEALTH_PORT": "0",
}


pytestmark = pytest.mark.usefixtures("empty_environment")


def with_environment(monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str | None]) -> None:
    for variable, value in variables.items():
        if value is not None:
            monkeypatch.setenv(variable, value)


def refusal(
    capsys: pytest.CaptureFixture[str], arguments: Sequence[str] = ("start",)
) -> tuple[int | str | None, str]:
    with pytest.raises(SystemExit) as exited:
        check_command(arguments)
    return exited.value.code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LIVEKIT_URL", None),
        ("LIVEKIT_URL", "localhost:7880"),
        ("LIVEKIT_URL", "127.0.0.1"),
        ("LIVEKIT_URL", "ftp://example.org"),
        ("LIVEKIT_URL", "ws://"),
        ("LIVEKIT_URL", "ws://host:port"),
        ("LIVEKIT_API_KEY", None),
        ("LIVEKIT_API_SECRET", None),
        ("OPENAI_API_KEY", None),
        ("OPENAI_BASE_URL", "example.org/v1"),
        ("OPENAI_BASE_URL", "ws://example.org/v1"),
        ("OPENAI_BASE_URL", "http://[broken/v1"),
        ("CHAT_MAX_MESSAGE_BYTES", "many"),
        ("CHAT_MAX_MESSAGE_BYTES", "0"),
        ("CHAT_MAX_MESSAGE_BYTES", "-1"),
        ("CHAT_MAX_MESSAGE_BYTES", "1e12"),
        ("CHAT_MAX_ROOMS", "0"),
        ("CHAT_MAX_ROOMS", "1.5"),
        ("CHAT_HEALTH_PORT", "65536"),
        ("CHAT_HEALTH_PORT", "http"),
        ("CHAT_MEMORY", "memory.db"),
        ("CHAT_MEMORY", "mysql://ada:secret@host/chat"),
        ("CHAT_MEMORY", "sqlite:////no/such/folder/memory.db"),
        ("CHAT_MEMORY_DAYS", "-1"),
        ("CHAT_MEMORY_SCOPE", "house"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variable: str,
    value: str | None,
) -> None:
    with_environment(monkeypatch, {**GOOD, variable: value})
    code, said = refusal(capsys)
    assert code == 2
    assert said.startswith(f"{variable} ")
    assert said.endswith("\n")
    assert said.count("\n") == 1
    assert "secret" not in said


def test_all_that_is_wrong_or_lacking_is_said_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = {"LIVEKIT_URL": "nowhere", "CHAT_OVERLAP": "queues", "CHAT_MAX_ROOMS": "0"}
    with_environment(monkeypatch, wrong | {"OPENAI_API_KEY": "sk", "LIVEKIT_API_KEY": "key"})
    code, said = refusal(capsys)
    assert code == 2
    assert {line.split()[0] for line in said.splitlines()} == {*wrong, "LIVEKIT_API_SECRET"}


def test_a_wrong_port_is_no_port_in_use(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as server:
        # The default, which takes the place of what is wrong.
        server.bind(("", 0))
        port = server.getsockname()[1]
        monkeypatch.setattr(Settings.model_fields["chat_health_port"], "default", port)
        with_environment(monkeypatch, {**GOOD, "CHAT_HEALTH_PORT": "http"})
        _, said = refusal(capsys)
    assert said == "CHAT_HEALTH_PORT must be a whole number from 0 to 65535, got 'http'\n"


def test_lks_dev_is_not_refused_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        with_environment(monkeypatch, {**GOOD, "CHAT_HEALTH_PORT": port})
        check_command(["start", "agent.py", "--dev"])


def test_it_is_told_before_anything_heavy_is_imported(tmp_path: Path) -> None:
    heavy = "livekit.agents"
    (tmp_path / "livekit").mkdir()
    (tmp_path / "livekit" / "__init__.py").write_text(f"raise SystemExit('{heavy}')")
    ended = subprocess.run(
        [sys.executable, PROJECT / "agent.py", "dev"],
        env=environment_with(CHAT_OVERLAP="queues", PYTHONPATH=str(tmp_path)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "CHAT_OVERLAP" in ended.stderr
    assert heavy not in ended.stderr


@pytest.mark.parametrize("variable", [name for name in GOOD if name != "CHAT_HEALTH_PORT"])
@pytest.mark.parametrize("blank", ["", "  ", "\n"])
def test_blank_counts_as_not_set(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variable: str,
    blank: str,
) -> None:
    with_environment(monkeypatch, {**GOOD, variable: blank})
    code, said = refusal(capsys)
    assert (code, said.split()[0]) == (2, variable)


@pytest.mark.parametrize("command", ["dev", "start", "connect", "console"])
def test_good_settings_pass(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    with_environment(monkeypatch, GOOD)
    check_command([command])


@pytest.mark.parametrize(
    "arguments",
    [[], ["--help"], ["start", "--help"], ["download-files"], ["no-such-command"]],
    ids=str,
)
def test_what_needs_no_settings_is_let_through(arguments: list[str]) -> None:
    check_command(arguments)


@pytest.mark.parametrize("joined", [False, True], ids=["--option value", "--option=value"])
@pytest.mark.parametrize("command", ["dev", "start", "connect"])
def test_options_take_the_place_of_variables(
    monkeypatch: pytest.MonkeyPatch, command: str, joined: bool
) -> None:
    with_environment(monkeypatch, {"OPENAI_API_KEY": "sk", "CHAT_HEALTH_PORT": "0"})
    options = {"--url": "ws://host", "--api-key": "key", "--api-secret": "secret"}
    arguments = [command]
    for option, value in options.items():
        arguments += [f"{option}={value}"] if joined else [option, value]
    check_command(arguments)


def test_a_wrong_variable_does_not_matter_where_an_option_takes_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_environment(monkeypatch, {**GOOD, "LIVEKIT_URL": "nonsense"})
    check_command(["start", "--url", "ws://host"])


def test_the_command_is_found_behind_an_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert refusal(capsys, ["start", "--log-level", "debug"])[0] == 2


def test_console_needs_an_llm_but_no_livekit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = refusal(capsys, ["console", "--text"])
    assert (code, said.split()[0]) == (2, "OPENAI_API_KEY")
    with_environment(monkeypatch, {"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"})
    worker.settings.read_settings.cache_clear()
    check_command(["console", "--text"])


def test_a_port_in_use_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with_environment(monkeypatch, {**GOOD, "CHAT_HEALTH_PORT": str(port)})
        code, said = refusal(capsys)
        assert (code, said.split()[0], said.count("\n")) == (2, "CHAT_HEALTH_PORT", 1)
        assert str(port) in said
        check_command(["dev"])


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["start"], "start"),
        (["connect", "--room", "console"], "connect"),
        (["--help"], None),
        ([], None),
    ],
)
def test_the_command_is_what_comes_first(arguments: Sequence[str], command: str | None) -> None:
    assert command_of(arguments) == command


def test_the_settings_for_a_command_have_its_options(monkeypatch: pytest.MonkeyPatch) -> None:
    with_environment(monkeypatch, GOOD)
    settings = settings_for(["connect", "--url", "ws://elsewhere", "--api-secret=other"])
    assert settings.livekit_url == "ws://elsewhere"
    assert settings.livekit_api_key == "key"
    assert settings.livekit_api_secret is not None
    assert settings.livekit_api_secret.get_secret_value() == "other"


@pytest.mark.parametrize(
    ("arguments", "joins"),
    [
        (["dev"], True),
        (["start", "--log-level", "debug"], True),
        (["connect", "--room", "r"], True),
        (["start", "--help"], False),
        (["console", "--text"], False),
        (["--help"], False),
        ([], False),
    ],
)
def test_what_is_remembered_is_for_commands_that_join_rooms(
    arguments: list[str], joins: bool
) -> None:
    assert joins_rooms(arguments) is joins
