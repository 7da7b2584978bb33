import asyncio
import io
import threading
from collections.abc import Iterator

import pytest

from chat.terminal.events import (
    Disconnected,
    Entered,
    Event,
    Joined,
    Left,
    Person,
    Refused,
    StateChanged,
    Wrote,
)
from chat.terminal.piped import PipedFace
from chat.terminal.transcript import Transcript

AGENT = Person("assistant", "Assistant", agent=True)
ANN = Person("ann", "Ann")
YOU = Person("you", "You", own=True)


class Scene:
    """A piped face whose user wrote `text`, and the events that its room has for it."""

    def __init__(self, text: str, agent_limit: float = 5, reply_limit: float = 5) -> None:
        self.output, self.notices = io.StringIO(), io.StringIO()
        self.transcript = Transcript()
        self.face = PipedFace(
            self.transcript,
            io.StringIO(text),
            self.output,
            self.notices,
            agent_limit=agent_limit,
            reply_limit=reply_limit,
        )
        self.lines = self.face.lines()

    async def happens(self, *events: Event) -> None:
        for event in events:
            await self.face.show(self.transcript.apply(event))

    async def agent_is_here(self) -> None:
        await self.happens(Entered("den", (AGENT,)), StateChanged(AGENT, "listening"))

    async def rest(self) -> list[str]:
        return [line async for line in self.lines]

    def next_line(self) -> asyncio.Task[str]:
        async def advance() -> str:
            return await anext(self.lines)

        return asyncio.create_task(advance())


async def settle() -> None:
    """Let every task run as far as it can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_the_first_line_waits_for_an_agent() -> None:
    scene = Scene("hello\n")
    line = scene.next_line()
    await scene.happens(Entered("den", (ANN,)))
    await settle()
    assert not line.done()
    await scene.agent_is_here()
    assert await line == "hello"


async def test_each_line_waits_for_the_complete_reply_to_the_one_before() -> None:
    scene = Scene("one\n\n  \ntwo")
    await scene.agent_is_here()
    assert await anext(scene.lines) == "one"
    line = scene.next_line()
    await scene.happens(Wrote(YOU, "1", "one"), Wrote(AGENT, "1", "He", complete=False))
    await settle()
    assert not line.done()
    await scene.happens(Wrote(AGENT, "1", "Hello"))
    assert await line == "two"
    rest = asyncio.create_task(scene.rest())
    await scene.happens(Wrote(AGENT, "2", "Bye"))
    assert await rest == []
    assert scene.face.unanswered == 0
    assert scene.output.getvalue() == "Assistant: Hello\nAssistant: Bye\n"


@pytest.mark.parametrize(
    "other",
    [
        Wrote(ANN, "1", "from somebody else"),
        Wrote(ANN, "1", "said by somebody else", spoken=True),
        Wrote(AGENT, "old", "begun before the line was sent"),
    ],
)
async def test_what_is_no_reply_is_not_taken_for_one(other: Event) -> None:
    scene = Scene("hello")
    await scene.agent_is_here()
    await scene.happens(Wrote(AGENT, "old", "begun", complete=False))
    assert await anext(scene.lines) == "hello"
    rest = asyncio.create_task(scene.rest())
    await settle()
    await scene.happens(other)
    await settle()
    assert not rest.done()
    await scene.happens(Wrote(AGENT, "new", "the reply"))
    assert await rest == []
    assert scene.face.unanswered == 0


async def test_what_is_said_is_printed_once_and_marked() -> None:
    scene = Scene("")
    await scene.agent_is_here()
    await scene.happens(
        Wrote(ANN, "1", "What", complete=False, spoken=True),
        Wrote(ANN, "1", "What is it?", spoken=True),
        Wrote(ANN, "1", "What is it?", spoken=True),
    )
    assert scene.output.getvalue() == "Ann (spoken): What is it?\n"


async def test_a_reply_that_does_not_come_is_not_awaited_for_ever() -> None:
    scene = Scene("hello", reply_limit=0.01)
    await scene.agent_is_here()
    assert await scene.rest() == ["hello"]
    assert scene.face.unanswered == 1


async def test_an_agent_that_leaves_ends_the_wait() -> None:
    scene = Scene("hello")
    await scene.agent_is_here()
    assert await anext(scene.lines) == "hello"
    rest = asyncio.create_task(scene.rest())
    await settle()
    await scene.happens(Left(AGENT))
    assert await rest == []
    assert scene.face.unanswered == 1
    assert scene.output.getvalue() == ""


async def test_an_agent_that_leaves_in_its_reply_ends_the_wait_once_nobody_goes_on() -> None:
    scene = Scene("hello")
    await scene.agent_is_here()
    assert await anext(scene.lines) == "hello"
    rest = asyncio.create_task(scene.rest())
    await settle()
    await scene.happens(Wrote(AGENT, "1", "He", complete=False), Left(AGENT))
    await settle()
    assert not rest.done()
    await scene.happens(Refused(AGENT, "incomplete"))
    assert await rest == []
    assert scene.face.unanswered == 1
    assert scene.output.getvalue() == "Assistant (unfinished): He\n"


async def test_a_reply_that_another_process_of_the_agent_completes_is_printed_once() -> None:
    scene = Scene("hello")
    await scene.agent_is_here()
    assert await anext(scene.lines) == "hello"
    rest = asyncio.create_task(scene.rest())
    await settle()
    await scene.happens(Wrote(AGENT, "1", "He", complete=False), Left(AGENT))
    await scene.happens(Joined(AGENT), Wrote(AGENT, "1", "Hello"))
    assert await rest == []
    assert scene.face.unanswered == 0
    assert scene.output.getvalue() == "Assistant: Hello\n"


async def test_without_an_agent_the_lines_are_sent_all_the_same() -> None:
    scene = Scene("hello", agent_limit=0.01)
    await scene.happens(Entered("den", ()))
    assert await scene.rest() == ["hello"]
    assert scene.face.unanswered == 1
    assert "No agent in the room; the message may not be answered." in scene.notices.getvalue()


async def test_no_line_of_a_pipe_is_a_command() -> None:
    lines = ["/help", "//help", "/etc/hosts"]
    scene = Scene("\n".join(lines), agent_limit=0.01)
    await scene.happens(Entered("den", ()))
    assert await scene.rest() == lines


async def test_no_input_ends_at_once() -> None:
    assert await Scene("").rest() == []


async def test_closing_ends_the_wait_for_input() -> None:
    typed = threading.Event()

    def never() -> Iterator[str]:
        typed.wait()
        yield from ()

    transcript = Transcript()
    face = PipedFace(transcript, never(), io.StringIO(), io.StringIO())
    reading = asyncio.create_task(anext(face.lines(), None))
    await settle()
    face.close()
    assert await reading is None
    typed.set()


async def test_closing_ends_the_wait_for_a_reply() -> None:
    scene = Scene("one\ntwo\n")
    await scene.agent_is_here()
    assert await anext(scene.lines) == "one"
    rest = asyncio.create_task(scene.rest())
    await settle()
    await scene.happens(Disconnected("The room was closed."))
    scene.face.close()
    assert await rest == []
    assert scene.face.unanswered == 1
    assert scene.notices.getvalue().endswith("The room was closed.\n")
