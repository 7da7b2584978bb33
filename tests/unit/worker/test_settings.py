"""What the worker is told by its environment, and how it refuses what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic_core import ErrorDetails

import worker.settings
from worker.settings import DEFAULT_MODEL, Settings, load_settings
from worker.wrong_values import explain

pytestmark = pytest.mark.usefixtures("empty_environment")


def with_environment(monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str | None]) -> None:
    for variable, value in variables.items():
        if value is not None:
            monkeypatch.setenv(variable, value)


def test_defaults() -> None:
    settings = load_settings()
    assert settings.livekit_url is None
    assert settings.chat_model == DEFAULT_MODEL
    assert settings.chat_agent_name == ""
    assert settings.chat_display_name == "Assistant"
    assert settings.chat_max_message_bytes == 32_768


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
    with_environment(monkeypatch, {"LIVEKIT_API_SECRET": "hidden", "OPENAI_API_KEY": "hidden"})
    assert "hidden" not in repr(load_settings())


def test_each_wrong_setting_is_a_line_and_no_word_of_pydantics(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = {
        "CHAT_MAX_ROOMS": "many",
        "CHAT_CLOSING_GRACE": "61",
        "CHAT_MENTION": "x" * 99,
        "CHAT_VOICE": "loud",
        "CHAT_VOICE_PAUSE": "0.2",
    }
    with_environment(monkeypatch, wrong)
    with pytest.raises(SystemExit) as exited:
        load_settings()
    assert exited.value.code == 2
    assert sorted(capsys.readouterr().err.splitlines()) == [
        "CHAT_CLOSING_GRACE must be a number from 0 to 60, got '61'",
        "CHAT_MAX_ROOMS must be a whole number of at least 1, got 'many'",
        f"CHAT_MENTION must be auto, always or never, got '{'x' * 40}…'",
        "CHAT_VOICE must be off, listen or speak, got 'loud'",
        "CHAT_VOICE_PAUSE must be a number from 0.3 to 10, got '0.2'",
    ]


def test_every_setting_that_can_be_wrong_says_what_is_allowed() -> None:
    for name, schema in Settings.model_json_schema()["properties"].items():
        choices = [each for each in schema.get("anyOf", [schema]) if each["type"] != "null"]
        if choices[0] != {**choices[0], "type": "string"} or "enum" in choices[0]:
            error = ErrorDetails(type="", loc=(name,), msg="pydantic's words", input="?")
            assert "must be" in explain(schema, name.upper(), error), name


def test_a_secret_that_is_wrong_is_not_shown() -> None:
    schema = Settings.model_json_schema()["properties"]["openai_api_key"]
    error = ErrorDetails(type="", loc=("openai_api_key",), msg="it is too short", input="sk-hidden")
    assert (
        explain(schema, "OPENAI_API_KEY", error) == "OPENAI_API_KEY is not valid (it is too short)"
    )


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_a_file_in_another_encoding_is_one_line(
    capsys: pytest.CaptureFixture[str], encoding: str
) -> None:
    Path(".env").write_text("CHAT_DISPLAY_NAME=Jürgen\n", encoding=encoding)
    with pytest.raises(SystemExit) as exited:
        load_settings()
    assert exited.value.code == 2
    assert capsys.readouterr().err == ".env is not UTF-8; save it as UTF-8\n"
