"""Variables that look like settings and are none."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import livekit
import openai
import pytest

from worker.devstack.paths import PROJECT
from worker.ignored_variables import find_unknown_names
from worker.settings import Settings, load_settings

KNOWN = [name.upper() for name in Settings.model_fields]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("CHAT_MODLE", "CHAT_MODEL"),
        ("chat_modle", "CHAT_MODEL"),
        ("CHAT_OVERLAPS", "CHAT_OVERLAP"),
        ("CHAT_MAX_ROOM", "CHAT_MAX_ROOMS"),
        ("LIVEKIT_ULR", "LIVEKIT_URL"),
        ("LIVEKIT_SECRET", "LIVEKIT_API_SECRET"),
        ("OPENAI_KEY", "OPENAI_API_KEY"),
        ("OPENAI_BASEURL", "OPENAI_BASE_URL"),
    ],
)
def test_a_slip_is_told_with_what_was_meant(given: str, meant: str) -> None:
    (line,) = find_unknown_names([given], KNOWN)
    assert line == f"{given.upper()} is not a setting and is ignored; did you mean {meant}?"


def test_what_is_like_none_of_ours_is_told_all_the_same() -> None:
    (line,) = find_unknown_names(["CHAT_ZZZ"], KNOWN)
    assert line == "CHAT_ZZZ is not a setting and is ignored; see .env.example"


@pytest.mark.parametrize(
    "name",
    [
        *KNOWN,
        "chat_model",
        "LIVEKIT_WHATEVER",
        "OPENAI_X",
        "PATH",
        "CHAT_INTERNAL_WORKER_ID",
    ],
)
def test_what_is_a_setting_or_none_of_our_business_is_not_told(name: str) -> None:
    assert list(find_unknown_names([name], KNOWN)) == []


def test_a_name_of_somebody_else_beside_ours_is_not_told() -> None:
    assert list(find_unknown_names(["LIVEKIT_WS_URL", "LIVEKIT_URL"], KNOWN)) == []
    assert list(find_unknown_names(["LIVEKIT_WS_URL"], KNOWN)) != []


def test_no_name_that_the_libraries_know_is_told() -> None:
    folders = [Path(folder) for folder in (*livekit.__path__, *openai.__path__)]
    sources = [file for folder in folders for file in folder.rglob("*.py")]
    quoted = re.compile(r"""["']((?:LIVEKIT|OPENAI)_[A-Z0-9_]+)["']""")
    names = {name for file in sources for name in quoted.findall(file.read_text(encoding="utf-8"))}
    assert len(names) > 20
    assert list(find_unknown_names(names - set(KNOWN), KNOWN)) == []


@pytest.mark.usefixtures("empty_environment")
def test_it_is_told_once_of_the_environment_and_the_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(".env").write_text("CHAT_MENTIONS=never\nCHAT_EMPTY=\nOPENAI_API_KEY sk\n", "utf-8")
    monkeypatch.setenv("CHAT_MODLE", "x")
    load_settings()
    load_settings()
    told = capsys.readouterr().err.splitlines()
    assert [line.split()[1] for line in told] == ["line", "CHAT_MENTIONS", "CHAT_MODLE"]
    assert told[0] == "warning: line 3 of .env is ignored; it is not NAME=value"


@pytest.mark.usefixtures("empty_environment")
def test_a_process_that_is_started_by_one_that_told_it_does_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CHAT_MODLE", "x")
    load_settings()
    capsys.readouterr()
    program = "from worker.settings import load_settings; load_settings()"
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    assert ended.stderr == ""
