import io
import re

import pytest
from rich.console import Console, RenderableType
from rich.text import Text

from chat.terminal.transcript import Mark, Message, Notice
from chat.terminal.view import printed_lines, render, render_growing

COLOUR = re.compile(r"\x1b\[[\d;]*m")


def agent_says(text: str) -> Message:
    return Message(("assistant", "1"), "Assistant", text, agent=True)


def plain(renderable: RenderableType, width: int = 40) -> str:
    console = Console(file=io.StringIO(), record=True, width=width)
    console.print(printed_lines(renderable, console), end="")
    return console.export_text().strip("\n")


def raw(renderable: RenderableType) -> str:
    output = io.StringIO()
    console = Console(file=output, force_terminal=True, color_system="truecolor", width=60)
    console.print(printed_lines(renderable, console), end="")
    return output.getvalue()


def test_a_message_stands_below_its_author() -> None:
    assert plain(render(Message(("ann", "1"), "Ann", "hi\nyou"))) == "Ann\n  hi\n  you"


def test_a_message_says_what_is_special_about_it() -> None:
    own = Message(("you", "1"), "You", "hi", own=True)
    edited = Message(("ann", "1"), "Ann", "hi", mark=Mark.EDITED)
    assert plain(render(own)).startswith("You (you)\n")
    assert plain(render(edited)).startswith("Ann (edited)\n")
    assert plain(render_growing(agent_says("h"))).startswith("Assistant (writing…)\n")


def test_a_message_says_that_it_was_spoken() -> None:
    spoken = Message(("ann", "1"), "Ann", "hi", spoken=True)
    assert plain(render(spoken)) == "Ann (spoken)\n  hi"
    assert plain(render_growing(spoken)) == "Ann (speaking…)\n  hi"


def test_a_notice_is_a_line() -> None:
    assert plain(render(Notice("Ann joined."))) == "· Ann joined."


def test_what_people_write_is_shown_as_written() -> None:
    text = "**no** [bold]markup[/bold] :smile:"
    assert plain(render(Message(("ann", "1"), "Ann", text))) == f"Ann\n  {text}"


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("some **bold** `code`", "some bold code"),
        ("one\ntwo", "one\n  two"),
        ("# Title", "Title"),
        ("- a\n- b", " • a\n   • b"),
        ("use <br> and <b>this</b>", "use <br> and <b>this</b>"),
        ("<div>\ninside\n</div>", "<div>\n   inside\n   </div>"),
        ("[words](http://host/)", "words (http://host/)"),
    ],
)
def test_an_agent_writes_markdown_and_no_text_is_lost(markdown: str, expected: str) -> None:
    assert plain(render(agent_says(markdown))).removeprefix("Assistant\n").strip() == (
        expected.strip()
    )


@pytest.mark.parametrize(
    "markdown",
    [
        "&#27;[31m red &#x9b;31m",
        "<http://host/%1b[31m>",
        "[x](http://host/%1b%5d0;t%07)",
        "```\x1b[31m\n&#27;[31m\n```",
        "&#x202e;reversed",
    ],
)
def test_markdown_cannot_spell_a_control_character(markdown: str) -> None:
    without_colours = COLOUR.sub("", raw(render(agent_says(markdown))))
    assert re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", without_colours) is None


def test_links_do_not_hide_their_address() -> None:
    assert "\x1b]8;" not in raw(render(agent_says("[bank](http://host/)")))


def test_joined_emoji_are_taken_apart_only_while_they_are_redrawn() -> None:
    message = agent_says("👩\u200d👧 👍🏽 ❤\ufe0f 🇩🇪")
    assert plain(render(message)) == "Assistant\n  👩\u200d👧 👍🏽 ❤\ufe0f 🇩🇪"
    assert plain(render_growing(message)) == "Assistant (writing…)\n  👩👧 👍 ❤ DE"


def test_only_the_last_lines_are_kept() -> None:
    console = Console(file=io.StringIO(), width=10)
    text = Text("one\ntwo\nthree")
    assert plain(printed_lines(text, console, 2)) == "two\nthree"
    assert plain(printed_lines(text, console, 9)) == "one\ntwo\nthree"


def test_lines_end_where_their_text_ends() -> None:
    assert raw(render(agent_says("text"))).endswith("  text\n")
