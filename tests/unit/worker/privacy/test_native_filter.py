"""What native code prints reaches stderr through the filter, also when the process dies of it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.devstack.paths import PROJECT
from worker.privacy.native_filter import LONGEST_LINE, Lines

LIMIT = 60.0
"""Seconds for a Python process on a busy machine."""

BEGIN = """
import os, sys
from worker.privacy.native_stderr import start_native_filter, filter_native_stderr
assert start_native_filter()
filter_native_stderr()
"""
RECORD = "[2026-11-25T21:41:00Z ERROR livekit::room] failed to send data packet: "


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BEGIN + code],
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT,
        cwd=PROJECT,
    )


def test_native_lines_are_filtered_and_those_of_python_are_not() -> None:
    done = run(f"""
os.write(2, b"{RECORD}hello\\nAda")
print("from Python", file=sys.stderr)
raise ValueError("of Python")
""")
    lines = done.stderr.splitlines()
    assert lines[0] == "from Python"
    assert "ValueError: of Python" in lines
    assert f"{RECORD}[hidden]" in lines
    assert "native output: [hidden]" in lines
    assert "Ada" not in done.stderr


def test_a_second_call_leaves_pythons_own_lines_unfiltered() -> None:
    done = run("""
filter_native_stderr()
print("from Python", file=sys.stderr)
""")
    assert done.stderr == "from Python\n"


@pytest.mark.parametrize("end", ["os.abort()", "os.kill(os.getpid(), 9)", "os._exit(0)"])
def test_what_a_library_prints_last_is_not_lost(end: str) -> None:
    done = run(f"""
os.write(2, b"thread 'a' panicked at livekit/src/lib.rs:1:2:\\nAda\\n" * 3)
{end}
""")
    assert done.stderr.splitlines() == [
        "native thread panicked at livekit/src/lib.rs:1:2: [hidden]",
        "native output: [hidden]",
        "native thread panicked at livekit/src/lib.rs:1:2: [hidden] (2 more)",
        "native output: [hidden] (2 more)",
    ]


def test_a_process_of_the_worker_is_filtered_as_well() -> None:
    done = run("""
import subprocess
code = "import os; from worker.privacy.native_stderr import filter_native_stderr as f; "
code += "f(); os.write(2, b'Ada'); print('told')"
told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
print(told.stdout)
""")
    assert "told" in done.stdout, done
    assert "Ada" not in done.stdout + done.stderr
    assert "native output: [hidden]" in done.stderr


def test_signals_to_end_do_not_end_the_filter_before_its_worker() -> None:
    done = run(f"""
from worker.privacy import native_stderr
os.kill(native_stderr._running[0].pid, {signal.SIGTERM.value})
os.write(2, b"{RECORD}hello")
""")
    assert done.stderr.splitlines() == [f"{RECORD}[hidden]"]


@given(st.lists(st.binary(max_size=20)), st.data())
def test_lines_do_not_depend_on_the_pieces_they_come_in(
    lines: Sequence[bytes], data: st.DataObject
) -> None:
    whole = b"".join(line.replace(b"\n", b"") + b"\n" for line in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=5)))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    reader = Lines()
    read = [line for piece in pieces for line in reader.feed(piece)]
    assert read == [line for line in whole.split(b"\n") if line]
    assert reader.rest() == b""


def test_a_line_without_end_takes_no_more_memory_than_the_longest() -> None:
    reader = Lines()
    for _ in range(5):
        assert reader.feed(b"x" * LONGEST_LINE) == []
        assert len(reader.rest()) == LONGEST_LINE
    assert reader.feed(b"\ny\n") == [b"x" * LONGEST_LINE, b"y"]
