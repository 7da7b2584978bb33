import pytest

from chat.terminal.commands import HELP, Leave, Say, Tell, interpret


@pytest.mark.parametrize(
    "line",
    [
        "hello",
        "",
        "/",
        "// a comment",
        "/etc/hosts is a file",
        "1/2",
        "see /help",
        "/:",
    ],
)
def test_what_is_no_command_is_sent_as_it_is(line: str) -> None:
    assert interpret(line) == Say(line)


@pytest.mark.parametrize(
    ("line", "sent"), [("//help", "/help"), (" //x y", " /x y"), ("///x", "//x")]
)
def test_a_further_slash_sends_a_command(line: str, sent: str) -> None:
    assert interpret(line) == Say(sent)


@pytest.mark.parametrize("line", ["/help", "/HELP", " /help ", "/help me"])
def test_help_is_shown(line: str) -> None:
    assert interpret(line) == Tell(HELP)


def test_help_names_every_command() -> None:
    for command in ("/stop", "/quit", "/help", "//"):
        assert command in " ".join(HELP)


@pytest.mark.parametrize("line", ["/stop", " /Stop ", "/stop it"])
def test_stop_is_the_agents(line: str) -> None:
    assert interpret(line) == Say("/stop")


@pytest.mark.parametrize("line", ["/quit", "/exit", "/Quit now"])
def test_the_user_leaves(line: str) -> None:
    assert interpret(line) == Leave()


@pytest.mark.parametrize("line", ["/stpo", "/weather in Rome", "/edit"])
def test_an_unknown_command_is_not_sent(line: str) -> None:
    match interpret(line):
        case Tell((told,)):
            word = line.split()[0]
            assert told.startswith(f"Unknown command {word} (not sent)")
            assert f'/{word} sends "{word}"' in told
        case other:
            raise AssertionError(other)
