"""What of a piece of Markdown is read out: its words, without characters that mean a look. No I/O."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import cache
from urllib.parse import urlsplit

import regex
from markdown_it import MarkdownIt
from markdown_it.token import Token

CODE = "Here is some code."
"""Said in place of a block of code, in a text that may be English: code itself is not read out."""

_ADDRESS = regex.compile(r"(?:https?://|www\.)[^\s<>]*[^\s<>.,;:!?'\")\]}*_]")
_PICTURES = regex.compile(
    r"\s*+(?:(?:[\d#*]\ufe0f?\u20e3|[\p{Extended_Pictographic}\p{Regional_Indicator}"
    r"\p{Emoji_Modifier}\ufe0f\u20e3\U000E0020-\U000E007F]\u200d?)\s*+)++"
)
_MARK = regex.compile(r"\p{P}")
_FORMULA_BLOCK = regex.compile(r"[>\s]*+(?:\$\$|\\\[)")
_FORMULA = regex.compile(r"\$(?=\S)([^$\n]*[^$\s])\$(?!\d)|\\\((.*?)\\\)")
_COMMAND = regex.compile(r"\\([a-zA-Z]+)|[{}^_\\]")
_FOOTNOTE = regex.compile(r"\[\^[^\]\s]*\]:?")
_TASK = regex.compile(r"^\[[ xX]\]\s")
_ROW_RULE = regex.compile(r"\s*\|?[\s|:-]*--[\s|:-]*")
_LEFT_OVER = regex.compile(r"[*_~]{2,}|(?<![^\s(\"'])[*_](?=\S)|(?<=\S)[*_](?![\p{L}\p{N}])|`+")
_SPOKEN = regex.compile(r"[\p{L}\p{N}]")
_CLOSED = regex.compile(
    r"[\p{Sentence_Terminal},;:\u2026\u2014\u2013\u060c\u3001\uff0c\uff1b\uff1a][\p{Pe}\p{Pf}\"'\u201d\u2019]*$"
)


def speakable(piece: str, *, code: str = CODE) -> str:
    """What is read out of a piece that `Sentences` cut.

    Links are read as their text and bare addresses as their host; images as what describes them; tables
    as their cells; inline code and formulas within a line as they stand. Formulas on lines of their own,
    rules, tags and emoji are left out.

    Args:
        piece: A sentence in Markdown.
        code: What is said in place of a block of code.

    Returns:
        Plain text in one line; empty if there is nothing to say.
    """
    # A service that has lost its way writes rules and brackets without end: to parse all would take seconds.
    if not _SPOKEN.search(piece):
        return ""
    text = _read_row(piece) if piece.lstrip().startswith("|") else _read_blocks(piece, code)
    return closed(text) if text else ""


def closed(text: str) -> str:
    """End a text that has no mark at its end, like a heading, so that there is a pause after it."""
    return text if _CLOSED.search(text) else f"{text}."


@cache
def _markdown() -> MarkdownIt:
    # At debug level it logs each rule that it tries, for each sentence.
    logging.getLogger("markdown_it").setLevel(logging.INFO)
    markdown = MarkdownIt("commonmark").enable("strikethrough")
    # Nested lists are indented like code, a line of tags has words, and one sentence has no table.
    return markdown.disable(["code", "html_block", "lheading", "reference"])


def _read_row(row: str) -> str:
    """The cells of a table's row."""
    cells = (_read_blocks(cell, "") for cell in row.strip().strip("|").split("|"))
    return ", ".join(filter(None, cells))


def _read_blocks(piece: str, code: str) -> str:
    if _FORMULA_BLOCK.match(piece) or _ROW_RULE.fullmatch(piece):
        return ""
    *blocks, last = "", *filter(_SPOKEN.search, map(_plain, _blocks(piece, code)))
    return " ".join([*(closed(block) for block in blocks if block), last])


def _blocks(piece: str, code: str) -> Iterator[str]:
    number = ""
    for token in _markdown().parse(_without_formulas(piece.strip())):
        if token.type == "list_item_open" and token.info:
            number = f"{token.info}. "
        elif token.type == "fence":
            yield code
        elif token.type == "inline":
            yield number + _TASK.sub("", _words(token.children or []))
            number = ""


def _words(tokens: list[Token]) -> str:
    parts = []
    for token in tokens:
        if token.type in ("text", "code_inline", "image"):
            parts.append(token.content)
        elif "break" in token.type or token.content.startswith("<br"):
            parts.append(" ")
    return "".join(parts)


def _without_formulas(text: str) -> str:
    return _FORMULA.sub(lambda found: _COMMAND.sub(r" \1 ", found[1] or found[2] or ""), text)


def _plain(text: str) -> str:
    text = _FOOTNOTE.sub("", text)
    text = _ADDRESS.sub(lambda found: _host(found[0]), text)
    text = _LEFT_OVER.sub("", _PICTURES.sub(_gap, text)).replace(" | ", ", ").replace("_", " ")
    return " ".join(text.split())


def _gap(found: regex.Match[str]) -> str:
    """What is left in the place of pictures."""
    return "" if _MARK.match(found.string, found.end()) else " "


def _host(address: str) -> str:
    whole = address if "://" in address else f"http://{address}"
    try:
        return (urlsplit(whole).hostname or "").removeprefix("www.")
    except ValueError:  # Brackets that are no IPv6 address.
        return ""
