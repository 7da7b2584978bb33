"""What the worker is told by its environment, and how it refuses what is wrong."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

import worker.settings
from tests.environment import SETTINGS
from worker.settings import DEFAULT_MODEL, Settings, check_for_command, load_settings

GOOD = {
    "LIVEKIT_URL": "ws://127.0.0.1:7880",
    "LIVEKIT_API_KEY": "key",
    "LIVEKIT_API_SECRET": "secret",
    "OPENAI_API_KEY": "sk-secret",
    "CHAT_HEALTH_PORT": "0",
}


@pytest.fixture(autouse=True)
def empty_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No variables, no ``.env``, and nothing read earlier."""
    for variable in os.environ:
        if variable.startswith(SETTINGS):
            monkeypatch.delenv(variable)
    monkeypatch.chdir(tmp_path)
    worker.settings._read.cache_clear()
    yield
    worker.settings._read.cache_clear()


def with_environment(monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str | None]) -> None:
    for variable, value in variables.items():
        if value is not None:
            monkeypatch.setenv(variable, value)


def refusal(
    capsys: pytest.CaptureFixture[str], arguments: Sequence[str] = ("start",)
) -> tuple[int | str | None, str]:
    with pytest.raises(SystemExit) as exited:
        check_for_command(load_settings(), arguments)
    return exited.value.code, capsys.readouterr().err


def test_defaults() -> None:
    settings = load_settings()
    assert settings.livekit_url is None
    assert settings.chat_model == DEFAULT_MODEL
    assert settings.chat_agent_name == ""
    assert settings.chat_display_name == "Assistant"
    assert settings.chat_max_message_bytes == 32_768


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


def test_the_example_file_as_it_is_means_the_defaults() -> None:
    example = Path(worker.settings.__file__).parents[1] / ".env.example"
    Path(".env").write_text(example.read_text(encoding="utf-8"), encoding="utf-8")
    assert load_settings() == Settings(_env_file=None)


def test_every_variable_is_in_the_example_file() -> None:
    example = Path(worker.settings.__file__).parents[1] / ".env.example"
    text = example.read_text(encoding="utf-8")
    named = {line.partition("=")[0].lstrip("# ") for line in text.splitlines()}
    assert {name.upper() for name in Settings.model_fields} <= named


def test_white_space_around_a_value_is_no_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with_environment(monkeypatch, {"LIVEKIT_URL": " ws://host ", "OPENAI_API_KEY": "sk-1\n"})
    settings = load_settings()
    assert settings.livekit_url == "ws://host"
    assert settings.openai_api_key is not None
    assert settings.openai_api_key.get_secret_value() == "sk-1"


def test_the_environment_goes_before_the_env_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("CHAT_MODEL=from-file\nCHAT_DISPLAY_NAME=Bo\n", encoding="utf-8")
    with_environment(monkeypatch, {"CHAT_MODEL": "from-environment"})
    settings = load_settings()
    assert (settings.chat_model, settings.chat_display_name) == ("from-environment", "Bo")


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    with_environment(
        monkeypatch, {**GOOD, "LIVEKIT_API_SECRET": "hidden", "OPENAI_API_KEY": "hidden"}
    )
    assert "hidden" not in repr(load_settings())


@pytest.mark.parametrize("command", ["dev", "start", "connect", "console"])
def test_good_settings_pass(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    with_environment(monkeypatch, GOOD)
    check_for_command(load_settings(), [command])


@pytest.mark.parametrize(
    "arguments",
    [[], ["--help"], ["start", "--help"], ["download-files"], ["no-such-command"]],
    ids=str,
)
def test_what_needs_no_settings_is_let_through(arguments: list[str]) -> None:
    check_for_command(load_settings(), arguments)


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
    check_for_command(load_settings(), arguments)


def test_a_wrong_variable_does_not_matter_where_an_option_takes_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_environment(monkeypatch, {**GOOD, "LIVEKIT_URL": "nonsense"})
    check_for_command(load_settings(), ["start", "--url", "ws://host"])


def test_the_command_is_found_behind_an_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert refusal(capsys, ["start", "--log-level", "debug"])[0] == 2


def test_console_needs_an_llm_but_no_livekit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = refusal(capsys, ["console", "--text"])
    assert (code, said.split()[0]) == (2, "OPENAI_API_KEY")
    with_environment(monkeypatch, {"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"})
    worker.settings._read.cache_clear()
    check_for_command(load_settings(), ["console", "--text"])


def test_a_port_in_use_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with_environment(monkeypatch, {**GOOD, "CHAT_HEALTH_PORT": str(port)})
        code, said = refusal(capsys)
        assert (code, said.split()[0], said.count("\n")) == (2, "CHAT_HEALTH_PORT", 1)
        assert str(port) in said
        check_for_command(load_settings(), ["dev"])
