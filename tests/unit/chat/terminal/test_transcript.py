import pytest

from chat.terminal.events import (
    Deleted,
    Disconnected,
    Entered,
    Event,
    Joined,
    Left,
    Person,
    Reconnected,
    Reconnecting,
    Refused,
    StateChanged,
    Warned,
    Wrote,
)
from chat.terminal.transcript import Message, Notice, Transcript

AGENT = Person("assistant", "Assistant", agent=True)
HELPER = Person("helper", "Helper", agent=True)
ANN = Person("ann", "Ann")
YOU = Person("you", "You", own=True)
NAMELESS = Person("terminal-1", "")

SHOWN: dict[str, tuple[list[Event], list[str]]] = {
    "a complete message": ([Wrote(ANN, "1", "hi")], ["Ann: hi"]),
    "a message of one's own": ([Wrote(YOU, "1", "hi")], ["You: hi"]),
    "a message without a sender's name": ([Wrote(NAMELESS, "1", "hi")], ["terminal-1: hi"]),
    "a message from nobody": ([Wrote(Person("", ""), "1", "hi")], ["someone: hi"]),
    "growth is not printed": ([Wrote(AGENT, "1", "He", complete=False)], []),
    "a message that grew": (
        [
            Wrote(AGENT, "1", "He", complete=False),
            Wrote(AGENT, "1", "Hello", complete=False),
            Wrote(AGENT, "1", "Hello!"),
        ],
        ["Assistant: Hello!"],
    ),
    "an edit": (
        [Wrote(ANN, "1", "hi"), Wrote(ANN, "1", "hello")],
        ["Ann: hi", "Ann (edited): hello"],
    ),
    "an edit that grows": (
        [
            Wrote(ANN, "1", "hi"),
            Wrote(ANN, "1", "he", complete=False),
            Wrote(ANN, "1", "hello"),
        ],
        ["Ann: hi", "Ann (edited): hello"],
    ),
    "the same text again": ([Wrote(ANN, "1", "hi"), Wrote(ANN, "1", "hi")], ["Ann: hi"]),
    "one id of two senders": (
        [Wrote(ANN, "1", "hi"), Wrote(AGENT, "1", "hello")],
        ["Ann: hi", "Assistant: hello"],
    ),
    "a deletion": (
        [Wrote(ANN, "1", "first\nline"), Deleted(ANN, "1")],
        ["Ann: first\nline", "· Ann deleted a message: “first line”"],
    ),
    "a deletion of a long message": (
        [Wrote(ANN, "1", "x" * 50), Deleted(ANN, "1")],
        [f"Ann: {'x' * 50}", f"· Ann deleted a message: “{'x' * 40}…”"],
    ),
    "a deletion of what was never seen": ([Deleted(ANN, "1")], ["· Ann deleted a message."]),
    "a deletion while it grows": (
        [Wrote(ANN, "1", "h", complete=False), Deleted(ANN, "1")],
        ["· Ann deleted a message."],
    ),
    "a sender who leaves in the middle": (
        [Joined(ANN), Wrote(ANN, "1", "He", complete=False), Left(ANN)],
        ["· Ann joined.", "Ann (unfinished): He", "· Ann left."],
    ),
    "an agent that leaves in the middle, and another process of it that goes on": (
        [
            Joined(AGENT),
            Wrote(AGENT, "1", "He", complete=False),
            Left(AGENT),
            Joined(AGENT),
            Wrote(AGENT, "1", "Hel", complete=False),
            Wrote(AGENT, "1", "Hello"),
        ],
        [
            "· Assistant (agent) joined.",
            "· Assistant (agent) left.",
            "· Assistant (agent) joined.",
            "Assistant: Hello",
        ],
    ),
    "an agent that leaves in the middle for good": (
        [Wrote(AGENT, "1", "He", complete=False), Left(AGENT), Refused(AGENT, "incomplete")],
        [
            "· Assistant (agent) left.",
            "Assistant (unfinished): He",
            "· A message from Assistant could not be received: incomplete.",
        ],
    ),
    "another who leaves in the middle": (
        [Joined(ANN), Wrote(AGENT, "1", "He", complete=False), Left(ANN)],
        ["· Ann joined.", "· Ann left."],
    ),
    "a message that is delivered again after it broke off": (
        [Wrote(ANN, "1", "He", complete=False), Left(ANN), Wrote(ANN, "1", "Hello")],
        ["Ann (unfinished): He", "· Ann left.", "Ann: Hello"],
    ),
    "a message that is given up after its sender left": (
        [
            Wrote(ANN, "1", "He", complete=False),
            Left(ANN),
            Wrote(ANN, "1", "He"),
            Deleted(ANN, "1"),
        ],
        [
            "Ann (unfinished): He",
            "· Ann left.",
            "· Ann deleted a message: “He”",
        ],
    ),
    "a message that could not be received": (
        [
            Wrote(AGENT, "1", "He", complete=False),
            Refused(Person("assistant", ""), "incomplete"),
        ],
        [
            "Assistant (unfinished): He",
            "· A message from assistant could not be received: incomplete.",
        ],
    ),
    "the name of a sender known by identity": (
        [Joined(ANN), Left(ANN), Refused(Person("ann", ""), "too long")],
        [
            "· Ann joined.",
            "· Ann left.",
            "· A message from Ann could not be received: too long.",
        ],
    ),
    "an empty room": ([Entered("den", ())], ["· Room den. Here: nobody else yet."]),
    "a room": ([Entered("den", (AGENT, ANN))], ["· Room den. Here: Assistant (agent), Ann."]),
    "who is here already does not join": (
        [Entered("den", (ANN,)), Joined(ANN)],
        ["· Room den. Here: Ann."],
    ),
    "a broken connection": (
        [Reconnecting(), Reconnected()],
        ["· Connection lost, reconnecting…", "· Reconnected."],
    ),
    "the end": (
        [Wrote(AGENT, "1", "He", complete=False), Disconnected("The room was closed.")],
        ["Assistant (unfinished): He", "· The room was closed."],
    ),
    "a warning": ([Warned("not delivered")], ["· Warning: not delivered."]),
    "an agent's state is not printed": ([StateChanged(AGENT, "thinking")], []),
    "what somebody says": (
        [
            Wrote(ANN, "1", "What", complete=False, spoken=True),
            Wrote(ANN, "1", "What is it?", spoken=True),
        ],
        ["Ann (spoken): What is it?"],
    ),
    "what somebody says who leaves": (
        [
            Wrote(ANN, "1", "What", complete=False, spoken=True),
            Left(ANN),
            Wrote(ANN, "1", "What is it?", spoken=True),
        ],
        ["· Ann left.", "Ann (spoken): What is it?"],
    ),
    "what somebody says when the agent leaves": (
        [Joined(AGENT), Wrote(ANN, "1", "What", complete=False, spoken=True), Left(AGENT)],
        [
            "· Assistant (agent) joined.",
            "Ann (spoken, unfinished): What",
            "· Assistant (agent) left.",
        ],
    ),
    "control characters, wherever they are": (
        [
            Entered("\x1b[2Jden", (Person("x", "E\x1b[31mve\nAnn"),)),
            Wrote(Person("x", "E\x1b[31mve\nAnn"), "1", "\x1b]0;t\x07hi\r\nyou"),
            Refused(Person("y\x1b", ""), "\x07bad"),
            Disconnected("\x1bbye"),
        ],
        [
            "· Room [2Jden. Here: E[31mve Ann.",
            "E[31mve Ann: ]0;thi\nyou",
            "· A message from y could not be received: bad.",
            "· bye",
        ],
    ),
}


def shown(transcript: Transcript, events: list[Event]) -> list[str]:
    lines = []
    for event in events:
        for entry in transcript.apply(event):
            if isinstance(entry, Notice):
                lines.append(f"· {entry.text}")
            else:
                remark = f" ({entry.remark})" if entry.remark else ""
                lines.append(f"{entry.author}{remark}: {entry.text}")
    return lines


@pytest.mark.parametrize(("events", "lines"), SHOWN.values(), ids=SHOWN.keys())
def test_events_show_as(events: list[Event], lines: list[str]) -> None:
    assert shown(Transcript(), events) == lines


def test_growing_messages_are_kept_apart_and_in_order() -> None:
    transcript = Transcript()
    for event in (
        Wrote(AGENT, "1", "first", complete=False),
        Wrote(ANN, "1", "second", complete=False),
        Wrote(AGENT, "1", "first, longer", complete=False),
    ):
        transcript.apply(event)
    assert [message.text for message in transcript.growing] == ["first, longer", "second"]
    transcript.apply(Wrote(AGENT, "1", "first, complete"))
    assert [message.text for message in transcript.growing] == ["second"]


def test_a_message_says_whose_it_is() -> None:
    transcript = Transcript()
    assert transcript.apply(Wrote(AGENT, "1", "hi")) == [
        Message(("assistant", "1"), "Assistant", "hi", agent=True)
    ]
    assert transcript.apply(Wrote(YOU, "1", "hi")) == [Message(("you", "1"), "You", "hi", own=True)]


@pytest.mark.parametrize(
    ("events", "status", "ready"),
    [
        ([], "den · no agent here", False),
        ([Joined(ANN)], "den · no agent here", False),
        ([Joined(AGENT)], "den · agent here", False),
        (
            [Joined(AGENT), StateChanged(AGENT, "initializing")],
            "den · agent initializing",
            False,
        ),
        ([Joined(AGENT), StateChanged(AGENT, "listening")], "den · agent listening", True),
        ([Joined(AGENT), StateChanged(AGENT, "thinking")], "den · agent thinking…", True),
        ([Joined(AGENT), StateChanged(AGENT, "x\x1b[1m\n")], "den · agent x[1m", False),
        (
            [Joined(AGENT), StateChanged(AGENT, "listening"), Left(AGENT)],
            "den · no agent here",
            False,
        ),
        (
            [Joined(AGENT), Joined(HELPER), StateChanged(HELPER, "speaking")],
            "den · Assistant here, Helper speaking",
            True,
        ),
        ([Joined(AGENT), Reconnecting()], "den · not connected", False),
        ([Joined(AGENT), Reconnecting(), Reconnected()], "den · agent here", False),
    ],
)
def test_the_status_says_what_the_agent_does(events: list[Event], status: str, ready: bool) -> None:
    transcript = Transcript()
    for event in [Entered("den", ()), *events]:
        transcript.apply(event)
    assert transcript.status == status
    assert transcript.agent_ready is ready
