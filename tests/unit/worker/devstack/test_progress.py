"""Progress on a terminal and in a log."""

import io

import pytest

from worker.devstack.progress import LOG_INTERVAL, ProgressLine


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "20")


def test_a_terminal_has_one_line_which_is_gone_at_the_end() -> None:
    terminal = Terminal()
    with ProgressLine(terminal) as line:
        line.show("package 1 of 9")
        line.show("package 2 of 9")
    steps = terminal.getvalue().split("\r\x1b[K")
    assert steps == ["", "package 1 of 9", "package 2 of 9", ""]


def test_a_line_fits_the_terminal() -> None:
    terminal = Terminal()
    with ProgressLine(terminal) as line:
        line.show("x" * 50)
    assert terminal.getvalue().count("x") == 19


def test_a_log_has_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    log, now = io.StringIO(), 0.0
    with ProgressLine(log, lambda: now) as line:
        for second in range(int(2 * LOG_INTERVAL) + 1):
            now = float(second)
            line.show(f"after {second} s")
    assert log.getvalue() == "after 30 s\nafter 60 s\n"


def test_a_terminal_that_cannot_rewrite_a_line_is_a_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    terminal = Terminal()
    with ProgressLine(terminal) as line:
        line.show("soon")
    assert terminal.getvalue() == ""
