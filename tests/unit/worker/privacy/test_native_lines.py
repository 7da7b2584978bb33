"""Of what native code prints, only what is known to be neutral is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.privacy.known_native_lines import BEGINNINGS, CRASHES
from worker.privacy.native_lines import HIDDEN, neutral_line

TIME = "2026-11-25T21:41:00Z"
SECRET = "\N{SNOWMAN}"
"""Occurs in no line that is known."""


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (
            f'[{TIME} ERROR livekit::rtc_engine] engine_event is taking too much time: Refresh {{ "eyJ" }}',
            f"[{TIME} ERROR livekit::rtc_engine] engine_event is taking too much time: {HIDDEN}",
        ),
        (
            f"[{TIME} WARN  livekit::rtc_engine::peer_transport] peer connection is closed, cannot create offer",
            f"[{TIME} WARN  livekit::rtc_engine::peer_transport] peer connection is closed, cannot create offer",
        ),
        (f"[{TIME} ERROR livekit::ada] Hello, Ada", f"[{TIME} ERROR livekit::{HIDDEN}] {HIDDEN}"),
        (f"[{TIME} ERROR ada::room] Hello, Ada", f"[{TIME} ERROR {HIDDEN}] {HIDDEN}"),
        (
            f"\x1b[0m[{TIME} \x1b[31mERROR\x1b[0m livekit::room] Hello, Ada",
            f"[{TIME} ERROR livekit::room] {HIDDEN}",
        ),
        (
            "thread 'tokio-runtime-worker' panicked at livekit/src/room/mod.rs:12:5:",
            f"native thread panicked at livekit/src/room/mod.rs:12:5: {HIDDEN}",
        ),
        (
            "thread 'ada' (17) panicked at /root/.cargo/registry/src/index.crates.io-19/tokio-1.40.0/src/a.rs:1:2:",
            "native thread panicked at /root/.cargo/registry/src/index.crates.io-19/tokio-1.40.0/src/a.rs:1:2: "
            + HIDDEN,
        ),
        (
            "thread 'ada' panicked at my/secret/plan.rs:1:2:",
            f"native thread panicked at an unknown place: {HIDDEN}",
        ),
        (
            "# Fatal error in: ../../pc/data_channel.cc, line 120",
            "native fatal error in ../../pc/data_channel.cc, line 120",
        ),
        ("# Fatal error in: ada, line 1", f"native fatal error in {HIDDEN}, line 1"),
        ("free(): invalid pointer", f"free(): invalid {HIDDEN}"),
        ("Fatal Python error: Aborted", "Fatal Python error: Aborted"),
        ("Hello, Ada", None),
        ('  File "agent.py", line 1, in hello', None),
        ("", None),
    ],
)
def test_a_line_is_shown_as_far_as_it_is_known(line: str, shown: str | None) -> None:
    assert neutral_line(line) == shown


@pytest.mark.parametrize(
    "package", ["hyper-util-0.1.20", "base64-0.22.1", "h2-0.4.1", "futures-core-0.3.33"]
)
@pytest.mark.parametrize(
    "folder", ["", "/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/"]
)
def test_a_panic_in_a_package_is_shown_with_its_place(package: str, folder: str) -> None:
    file = f"{folder}{package}/src/a/b.rs:12:5"
    assert neutral_line(f"thread 'a' panicked at {file}:") == (
        f"native thread panicked at {file}: {HIDDEN}"
    )


@pytest.mark.parametrize(
    "file",
    [
        "/root/.cargo/Ada-said-hello/h2-0.4.1/src/a.rs:1:2",
        "/root/.cargo/registry/src/Ada-said-hello/h2-0.4.1/src/a.rs:1:2",
        "h2-0.4.491511234567/src/a.rs:1:2",
        "h2-0.4.1/src/a.rs:491511234567:2",
        "h2-0.4.1/src/a.rs:1:491511234567",
        "livekit491511234567/src/a.rs:1:2",
    ],
)
def test_a_place_that_may_be_text_is_hidden(file: str) -> None:
    shown = neutral_line(f"thread 'a' panicked at {file}:")
    assert shown == f"native thread panicked at an unknown place: {HIDDEN}"


def test_a_line_number_that_may_be_text_is_hidden() -> None:
    assert neutral_line("# Fatal error in: ../../pc/a.cc, line 491511234567") is None


@given(st.text(), st.sampled_from(BEGINNINGS), st.text())
def test_no_text_of_a_record_is_shown(before: str, beginning: str, text: str) -> None:
    for line in (
        f"[{TIME} ERROR livekit::room] {beginning}{text}{SECRET}",
        f"[{TIME} ERROR livekit::room] {before}{SECRET}{beginning}{text}",
        f"[{TIME} ERROR {before}{SECRET}] {beginning}{text}",
        f"{before}{SECRET}[{TIME} ERROR livekit::room] {beginning}",
    ):
        assert SECRET not in (neutral_line(line) or "")


@given(st.sampled_from(CRASHES), st.text(), st.text())
def test_no_text_of_another_line_is_shown(crash: str, before: str, text: str) -> None:
    for line in (
        f"{crash}{text}{SECRET}",
        f"{before}{SECRET}{crash}",
        f"thread '{before}{SECRET}' panicked at livekit/src/lib.rs:1:1:{text}",
        f"thread '{before}' panicked at {text}{SECRET}.rs:1:1:",
        f"# Fatal error in: {text}{SECRET}, line 1",
    ):
        assert SECRET not in (neutral_line(line) or "")


@given(st.text())
def test_what_is_neutral_stays_as_it_is(text: str) -> None:
    shown = neutral_line(f"[{TIME} ERROR livekit::room] failed to send data packet: {text}")
    assert shown is None or neutral_line(shown) == shown
