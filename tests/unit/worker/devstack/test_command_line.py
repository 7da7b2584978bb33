"""How the commands end."""

import errno
import signal
import subprocess
import sys

import pytest

from worker.devstack.command_line import run_command
from worker.devstack.commands import Report
from worker.devstack.errors import SettingError, StackError

WAITS = """
import time
from worker.devstack.command_line import run_command

def wait(report):
    try:
        report("waiting")
        time.sleep(600)
    finally:
        report("cleaned up")

run_command(wait)
"""


@pytest.mark.parametrize(("error", "status"), [(StackError, 1), (SettingError, 2)])
def test_an_error_is_one_line_and_an_exit_status(
    capsys: pytest.CaptureFixture[str],
    kept_signals: None,
    error: type[StackError],
    status: int,
) -> None:
    def fail(report: Report) -> None:
        raise error("the port is taken")

    with pytest.raises(SystemExit) as ended:
        run_command(fail)
    assert ended.value.code == status
    assert capsys.readouterr().err == "error: the port is taken\n"


def test_a_full_disk_is_one_line(capsys: pytest.CaptureFixture[str], kept_signals: None) -> None:
    def fail(report: Report) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "some/file")

    with pytest.raises(SystemExit) as ended:
        run_command(fail)
    assert ended.value.code == 1
    shown = capsys.readouterr().err
    assert "No space left on device: 'some/file'" in shown
    assert shown.count("\n") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_way_of_stopping_it_cleans_up(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WAITS], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(number)
        output, complaints = process.communicate(timeout=30)
    assert output == "cleaned up\n"
    assert complaints == "interrupted\n"
    assert process.returncode == 130
