"""Who turns speech into text and back under `make dev`, and what the agent is told of it."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from worker.devstack import local_speech, speech
from worker.devstack.errors import StackError
from worker.devstack.speech import Speech, SpeechSource, prepare_speech, speech_source, start_speech
from worker.settings import Settings

pytestmark = pytest.mark.usefixtures("empty_environment")

SERVICE, LOCAL, NOBODY = SpeechSource.SERVICE, SpeechSource.LOCAL, SpeechSource.NOBODY
LLM, ELSEWHERE = "http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"


def start(report: list[str], **chosen: str) -> Speech:
    """Start what the settings choose, and end it."""
    with ExitStack() as running:
        return start_speech(Settings.model_validate(chosen), running, report.append)


@pytest.mark.parametrize(
    ("chosen", "source"),
    [
        ({}, LOCAL),
        ({"openai_base_url": LLM}, LOCAL),
        ({"openai_base_url": LLM, "openai_api_key": "sk-1"}, LOCAL),
        ({"openai_api_key": "sk-1"}, SERVICE),
        ({"openai_speech_base_url": ELSEWHERE}, SERVICE),
        ({"openai_speech_api_key": "sk-2"}, SERVICE),
        ({"openai_base_url": LLM, "openai_speech_base_url": ELSEWHERE}, SERVICE),
        ({"chat_voice": "listen"}, LOCAL),
        ({"chat_voice": "off"}, NOBODY),
        ({"chat_voice": "off", "openai_api_key": "sk-1"}, NOBODY),
        ({"chat_voice": "off", "openai_speech_base_url": ELSEWHERE}, NOBODY),
    ],
)
def test_a_service_is_used_where_one_is_known_to_have_speech(
    chosen: dict[str, str], source: SpeechSource
) -> None:
    assert speech_source(Settings.model_validate(chosen)) is source


def test_a_service_is_named_to_the_agent_and_to_the_person() -> None:
    said: list[str] = []
    started = start(said, openai_speech_base_url=ELSEWHERE)
    assert started.environment == {"CHAT_VOICE": "speak", "OPENAI_SPEECH_BASE_URL": ELSEWHERE}
    assert started.is_heard
    assert not started.servers
    (line,) = said
    assert ELSEWHERE in line


def test_a_key_for_speech_alone_does_not_go_to_a_local_llm() -> None:
    started = start([], openai_speech_api_key="sk-2")
    assert started.environment["OPENAI_SPEECH_BASE_URL"] == "https://api.openai.com/v1"


@pytest.mark.parametrize("mode", ["listen", "speak"])
def test_what_is_chosen_is_left_to_the_agent(mode: str) -> None:
    assert "CHAT_VOICE" not in start([], chat_voice=mode, openai_api_key="sk-1").environment


def test_where_speech_is_off_nothing_is_said_or_started() -> None:
    said: list[str] = []
    prepare_speech(Settings(chat_voice="off"), said.append)
    started = start(said, chat_voice="off")
    assert started.environment == {"CHAT_VOICE": "off"}
    assert not started.is_heard
    assert said == []


def test_without_the_models_people_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "are_installed", lambda: False)
    assert start([], chat_voice="speak").environment == {"CHAT_VOICE": "off"}


def test_models_that_do_not_start_are_reported_and_people_type(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(speech, "are_installed", lambda: True)
    monkeypatch.setattr(speech, "RUN", tmp_path)
    monkeypatch.setattr(local_speech, "are_installed", lambda: False)
    said: list[str] = []
    assert not start(said).is_heard
    (line,) = said
    assert line.startswith("speech is off: the local models for speech are not installed")


@pytest.fixture
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The program runs in the checkout's own environment, which is not touched."""
    monkeypatch.setattr(local_speech, "VENV", tmp_path)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))


@pytest.mark.usefixtures("own_environment")
@pytest.mark.parametrize(
    ("complaint", "reason"),
    [
        (
            "installing x failed: ERROR: No matching distribution found for "
            "moonshine-voice==0.0.73 (full log: y)",
            "moonshine-voice has no package for this platform",
        ),
        ("installing x failed: check the network", "installing x failed: check the network"),
    ],
)
def test_models_that_cannot_be_installed_are_one_line(
    monkeypatch: pytest.MonkeyPatch, complaint: str, reason: str
) -> None:
    def fail(*_: object) -> None:
        raise StackError(complaint)

    monkeypatch.setattr(local_speech, "prepare", fail)
    monkeypatch.setattr(local_speech, "are_installed", lambda: False)
    said: list[str] = []
    prepare_speech(Settings(), said.append)
    assert said == [f"speech is off: {reason}; set OPENAI_SPEECH_BASE_URL to use a service"]


@pytest.mark.usefixtures("own_environment")
def test_models_that_are_there_but_not_whole_end_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise StackError("no space left")

    monkeypatch.setattr(local_speech, "prepare", fail)
    monkeypatch.setattr(local_speech, "are_installed", lambda: True)
    with pytest.raises(StackError, match="no space left"):
        prepare_speech(Settings(), print)


@pytest.mark.usefixtures("own_environment")
def test_they_are_installed_at_the_first_need(monkeypatch: pytest.MonkeyPatch) -> None:
    installed: list[str] = []
    monkeypatch.setattr(local_speech, "prepare", lambda groups, _: installed.extend(groups))
    monkeypatch.setattr(local_speech, "are_installed", lambda: bool(installed))
    said: list[str] = []
    prepare_speech(Settings(), said.append)
    assert installed == ["speech"]
    assert said == []


def test_in_another_environment_nothing_is_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(local_speech, "VENV", tmp_path)
    monkeypatch.setattr(local_speech, "are_installed", lambda: False)
    said: list[str] = []
    prepare_speech(Settings(), said.append)
    (line,) = said
    assert line.startswith("speech is off: its models are not installed")
