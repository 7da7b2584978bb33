"""How entries look on a terminal, as renderables of rich. No I/O."""

from __future__ import annotations

from dataclasses import replace

from rich.console import Console, Group, RenderableType
from rich.markdown import Markdown
from rich.padding import Padding
from rich.segment import Segment, SegmentLines
from rich.text import Text

from chat.printable import printable

from .transcript import Entry, Message, Notice

INDENT = 2
CODE_THEME = "ansi_dark"
"""Colours of the user's own terminal, without a background, so that it fits a light one as well."""

_JOINERS = (0x200D, 0xFE0E, 0xFE0F, *range(0x1F3FB, 0x1F400))
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)
_APART: dict[int, str | None] = {
    **dict.fromkeys(_JOINERS),
    **{letter: chr(ord("A") + index) for index, letter in enumerate(_FLAG_LETTERS)},
}
"""Takes joined emoji apart: without joiners and skin tones, flags as the letters of the country."""


def render(entry: Entry) -> RenderableType:
    """Return how `entry` looks once it is final."""
    match entry:
        case Notice(text):
            return Text(f"· {text}", style="dim")
        case Message():
            return _message(entry, entry.remark)


def render_growing(message: Message) -> RenderableType:
    """Return how `message` looks while more of it is expected.

    Terminals disagree on how wide joined emoji are. That is no harm to what is printed once, but
    what is drawn over and over needs each column where it is believed to be: it shows them apart.
    """
    remark = "speaking…" if message.spoken else "writing…"
    return _message(replace(message, text=message.text.translate(_APART)), remark)


def printed_lines(
    renderable: RenderableType, console: Console, limit: int | None = None
) -> SegmentLines:
    """Return the lines that `console` would print, or the last `limit` of them, fit to be printed.

    Markdown can spell control characters, in an entity or in the percent signs of a link that it
    shows: here they go. So do the spaces that fill up a line, which nobody wants to copy.
    """
    rendered = console.render_lines(renderable, pad=False)
    kept = rendered if limit is None else rendered[max(0, len(rendered) - limit) :]
    return SegmentLines([_without_trailing_space(line) for line in kept], new_lines=True)


def _without_trailing_space(line: list[Segment]) -> list[Segment]:
    segments = [Segment(printable(segment.text), segment.style) for segment in line]
    while segments and not segments[-1].text.strip(" "):
        segments.pop()
    if segments:
        segments[-1] = Segment(segments[-1].text.rstrip(" "), segments[-1].style)
    return segments


def _message(message: Message, remark: str) -> RenderableType:
    heading = Text(message.author, style=_author_style(message))
    if message.own:
        heading.append(" (you)", style="dim")
    if remark:
        heading.append(f" ({remark})", style="dim")
    body = _markdown(message.text) if message.agent else Text(message.text)
    return Group(heading, Padding(body, (0, 0, 0, INDENT)))


def _author_style(message: Message) -> str:
    if message.agent:
        return "bold cyan"
    return "bold green" if message.own else "bold magenta"


def _markdown(text: str) -> Markdown:
    """Parse a chat message: line breaks count, and HTML is text like any other."""
    # A link is spelt out rather than hidden behind words.
    markdown = Markdown(text, code_theme=CODE_THEME, hyperlinks=False)
    for token in markdown.parsed:
        if token.type == "html_block":
            token.type = "code_block"
        elif token.tag == "h1":
            token.tag = "h2"  # rich centres the first level
        for child in token.children or ():
            if child.type == "softbreak":
                child.type = "hardbreak"
            elif child.type == "html_inline":
                child.type = "text"
    return markdown
