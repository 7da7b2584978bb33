import asyncio
import io
from collections.abc import Iterator

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.formatted_text import to_plain_text
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput
from rich.console import Console

from chat.terminal.events import Entered, Event, Person, Wrote
from chat.terminal.prompt import PromptFace
from chat.terminal.transcript import Transcript

AGENT = Person("assistant", "Assistant", agent=True)


class Scene:
    """A prompt without a terminal: keys come from a pipe, and what is printed is kept."""

    def __init__(self, keys: PipeInput, height: int = 24) -> None:
        self.keys = keys
        self.printed = io.StringIO()
        self.transcript = Transcript()
        console = Console(file=self.printed, width=60, height=height, force_terminal=False)
        self.face = PromptFace(self.transcript, console)

    async def happens(self, *events: Event) -> None:
        for event in events:
            await self.face.show(self.transcript.apply(event))

    @property
    def below(self) -> list[str]:
        """What is redrawn below the printed messages, up to the cursor."""
        text = to_plain_text(self.face.above_cursor())
        return [line.rstrip(" ─") for line in text.splitlines()]

    async def typed(self) -> list[str]:
        return [line async for line in self.face.lines()]


@pytest.fixture
def keys() -> Iterator[PipeInput]:
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        yield pipe


async def test_lines_come_as_they_are_entered_until_the_user_leaves(keys: PipeInput) -> None:
    keys.send_text("hello\r  \rsecond\r\x04")
    assert await Scene(keys).typed() == ["hello", "second"]


@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["Ctrl-C", "Ctrl-D"])
async def test_a_key_leaves(key: str, keys: PipeInput) -> None:
    keys.send_text(key)
    assert await Scene(keys).typed() == []


async def test_commands_are_carried_out_and_not_sent(keys: PipeInput) -> None:
    keys.send_text("/help\r/halp me\r/stop\r//halp\r/quit\rnever\r")
    scene = Scene(keys)
    assert await scene.typed() == ["/stop", "/halp"]
    shown = scene.printed.getvalue()
    assert "/quit" in shown
    assert "Unknown command /halp" in shown


async def test_what_is_being_typed_survives_what_is_printed_meanwhile(keys: PipeInput) -> None:
    scene = Scene(keys)
    typing = asyncio.create_task(scene.typed())
    keys.send_text("half ")
    await scene.happens(Wrote(AGENT, "1", "He", complete=False), Wrote(AGENT, "1", "Hello"))
    keys.send_text("typed\r\x04")
    assert await typing == ["half typed"]
    assert scene.printed.getvalue() == "\nAssistant\n  Hello\n"


async def test_closing_takes_the_prompt_away(keys: PipeInput) -> None:
    scene = Scene(keys)
    typing = asyncio.create_task(scene.typed())
    await asyncio.sleep(0)
    scene.face.close()
    assert await typing == []


async def test_what_grows_stands_above_the_prompt_and_what_is_complete_does_not(
    keys: PipeInput,
) -> None:
    scene = Scene(keys)
    await scene.happens(Entered("den", (AGENT,)), Wrote(AGENT, "1", "He", complete=False))
    status = "den · agent here · /help · Ctrl-C leaves"
    assert scene.below == ["", "Assistant (writing…)", "  He", "", status, ">"]
    await scene.happens(Wrote(AGENT, "1", "Hello"))
    assert scene.below == ["", status, ">"]
    assert scene.printed.getvalue().endswith("\n\nAssistant\n  Hello\n")


async def test_of_what_is_higher_than_the_screen_the_end_is_shown(keys: PipeInput) -> None:
    scene = Scene(keys, height=8)
    text = "\n".join(f"line {number}" for number in range(40))
    await scene.happens(Wrote(AGENT, "1", text, complete=False))
    assert scene.below[:4] == ["  line 37", "  line 38", "  line 39", ""]
