"""The SDK's native side writes its log itself, and sends it to Python only where it is asked to."""

from __future__ import annotations

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from livekit.rtc import _ffi_client

from worker.hosting import native_logs
from worker.hosting.internals import Feature, Internal
from worker.hosting.native_logs import choose_native_levels, keep_native_logs_native
from worker.privacy.hooks import print_panic
from worker.privacy.native_stderr import PIPE

FIRST_RECORD = "initializing ffi server"
"""What the native side logs when it is told where its log goes to."""

START_LIMIT = 60.0
"""Seconds for a Python process on a busy machine."""


@pytest.fixture
def initialized(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether the native side was told to send its log, for each time it was told anything."""
    told: list[bool] = []

    def initialize(_callback: object, capture: bool, _sdk: bytes, _version: bytes) -> None:
        told.append(capture)

    library = SimpleNamespace(livekit_ffi_initialize=initialize)
    client = SimpleNamespace(_ffi_lib=library)
    monkeypatch.setattr(_ffi_client.FfiClient, "_instance", client)
    monkeypatch.delenv("LIVEKIT_RTC_DEBUG", raising=False)
    return told


def test_the_native_side_is_told_to_keep_its_log(initialized: list[bool]) -> None:
    keep_native_logs_native(log_private=True)
    assert initialized == [False]


@pytest.mark.parametrize(("value", "kept"), [("1", False), (" True ", False), ("0", True)])
def test_who_debugs_the_sdk_gets_its_log_in_python(
    value: str, kept: bool, initialized: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEKIT_RTC_DEBUG", value)
    keep_native_logs_native(log_private=True)
    assert bool(initialized) is kept


def test_an_sdk_that_has_moved_is_left_alone(
    initialized: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = Internal("livekit.rtc._ffi_client", "FfiClient.gone")
    monkeypatch.setattr(native_logs, "FEATURE", Feature("the log is slow", (gone,)))
    keep_native_logs_native(log_private=True)
    assert initialized == []


@pytest.mark.parametrize("why", ["debugging", "moved"])
def test_what_native_code_says_of_its_failure_is_hidden_wherever_its_log_goes(
    why: str, initialized: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native_logs, "filter_native_stderr", lambda: None)
    monkeypatch.setattr(_ffi_client, "print", print, raising=False)
    if why == "debugging":
        monkeypatch.setenv("LIVEKIT_RTC_DEBUG", "1")
    else:
        gone = Internal("livekit.rtc._ffi_client", "FfiClient.gone")
        monkeypatch.setattr(native_logs, "FEATURE", Feature("the log is slow", (gone,)))
    keep_native_logs_native(log_private=False)
    assert vars(_ffi_client)["print"] is print_panic
    assert initialized == []


def test_the_native_library_writes_its_log_itself() -> None:
    # The interpreter's end, with native threads running, is not what is tested.
    code = (
        "import os; from worker.hosting import native_logs; "
        "native_logs.keep_native_logs_native(log_private=True); os._exit(0)"
    )
    environment = {**os.environ, "RUST_LOG": "debug", "LIVEKIT_RTC_DEBUG": ""}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=START_LIMIT,
    )
    assert done.returncode == 0, done
    assert FIRST_RECORD in done.stderr


@pytest.mark.parametrize(
    ("pipe", "warning"),
    [
        ({}, ""),
        (
            {PIPE: "/nowhere/pipe"},
            "the filter of native log lines is gone, so none are printed\n",
        ),
    ],
)
def test_without_a_filter_nothing_native_is_printed(
    pipe: dict[str, str], warning: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(PIPE, raising=False)
    code = (
        "import os, sys; from worker.hosting import native_logs; "
        "native_logs.keep_native_logs_native(log_private=False); "
        "print('from Python', file=sys.stderr); os._exit(0)"
    )
    environment = {**os.environ, "RUST_LOG": "debug", **pipe}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=START_LIMIT,
    )
    assert done.stderr == f"{warning}from Python\n", done


def test_levels_that_somebody_chose_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUST_LOG", "")
    monkeypatch.delenv("RUST_LOG")
    choose_native_levels()
    assert os.environ["RUST_LOG"].startswith("error")
    monkeypatch.setenv("RUST_LOG", "debug")
    choose_native_levels()
    assert os.environ["RUST_LOG"] == "debug"
