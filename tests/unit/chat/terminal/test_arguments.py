import pytest

from chat.terminal.arguments import Options, parse


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
    ]
    assert parse(arguments) == Options("r", "Ann", "ann", "ws://host", "t")


def test_an_unknown_option_exits_with_status_2() -> None:
    with pytest.raises(SystemExit) as stop:
        parse(["--colour"])
    assert stop.value.code == 2
