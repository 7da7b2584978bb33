import pytest

from chat.dialect import Dialect
from chat.terminal.arguments import Options, parse
from chat.terminal.played.clients import CLIENTS


def test_no_arguments_leave_every_choice_open() -> None:
    assert parse([]) == Options()


def test_each_option_is_read() -> None:
    arguments = [
        "--room",
        "r",
        "--name",
        "Ann",
        "--identity",
        "ann",
        "--url",
        "ws://host",
        "--token",
        "t",
        "--dialect",
        "json-final",
    ]
    assert parse(arguments) == Options("r", "Ann", "ann", "ws://host", "t", Dialect.JSON_FINAL)


@pytest.mark.parametrize("arguments", [["--colour"], ["--dialect", "unknown"]])
def test_what_is_unknown_exits_with_status_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        parse(arguments)
    assert stop.value.code == 2


def test_the_help_says_whose_dialects_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--help"])
    lines = capsys.readouterr().out.splitlines()
    for dialect, who in CLIENTS.items():
        assert any(line.split(maxsplit=1) == [dialect.value, who] for line in lines)
