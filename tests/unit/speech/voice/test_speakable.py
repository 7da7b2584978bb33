"""What of Markdown is read out: words, and no characters that only mean a look."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.voice.sentences import Sentences
from speech.voice.speakable import CODE, _markdown, speakable


@pytest.mark.parametrize(
    ("piece", "expected"),
    [
        ("Plain words.", "Plain words."),
        ("# A *big* Title #\n", "A big Title."),
        ("- item one\n", "item one."),
        ("2. item two\n", "2. item two."),
        ("- [x] done\n", "done."),
        ("   - nested `one`\n", "nested one."),
        ("> quoted\n> lines.\n", "quoted lines."),
        ("**bold**, _soft_, ~~gone~~ and ***both***.", "bold, soft, gone and both."),
        ("**Cut off. ", "Cut off."),
        ("within.** ", "within."),
        ("5 * 3 is 15, 2*3 is 6.", "5 * 3 is 15, 2*3 is 6."),
        ("[the docs](https://a.b/c_(d)) help.", "the docs help."),
        ("See https://www.example.com/a?b=c.", "See example.com."),
        ("See <https://example.com/a>!", "See example.com!"),
        ("See [https://example.com/a](https://example.com/a).", "See example.com."),
        ("www.example.com/a is up.", "example.com is up."),
        ("http://[ is odd", "is odd."),
        ("![a grey cat](cat.png)", "a grey cat."),
        ("![](cat.png)", ""),
        ("Call `do_it()` now.", "Call do it() now."),
        ("```python\nx = 1\n```\n", CODE),
        ("> ~~~\n> x = 1\n> ~~~\n", CODE),
        ("```python\nx = 1", CODE),
        ("| Name | `Size` |\n", "Name, Size."),
        ("|:---|---:|\n", ""),
        ("Name | Size\n", "Name, Size."),
        ("---|---\n", ""),
        ("---\n", ""),
        ("===\n", ""),
        ("<b>Tag</b> and<br/>break", "Tag and break."),
        ("<details>\n<summary>More</summary>", "More."),
        ("<!-- hidden -->shown", "shown."),
        ("Known[^1].", "Known."),
        ("[^1]: A note.", "A note."),
        ("Fish &amp; chips \\*", "Fish & chips *."),
        ("Great \U0001f600!", "Great!"),
        ("\U0001f44d\U0001f3fd Good \u2764\ufe0f work", "Good work."),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea", ""),
        ("1\ufe0f\u20e3 first", "first."),
        ("$$\nE = mc^2\n$$\n", ""),
        ("\\[ x \\]", ""),
        ("So $E = mc^2$ costs $5 or $10.", "So E = mc 2 costs $5 or $10."),
        ("So $\\alpha_1$ grows.", "So alpha 1 grows."),
        (
            "\u3053\u308c\u306f\u6587\u3067\u3059\u3002",
            "\u3053\u308c\u306f\u6587\u3067\u3059\u3002",
        ),
        ("...", ""),
        ("", ""),
    ],
)
def test_it_says_the_words(piece: str, expected: str) -> None:
    assert speakable(piece) == expected


def test_code_can_be_passed_over_in_silence() -> None:
    assert speakable("```\nx\n```\n", code="") == ""


@given(st.text())
def test_any_text_becomes_one_line_without_a_blank_at_its_ends(text: str) -> None:
    said = speakable(text)
    assert said == " ".join(said.split())


@given(st.lists(st.text("abc", min_size=1), min_size=1, max_size=40))
def test_plain_words_are_all_said_once(words: list[str]) -> None:
    assert speakable(" ".join(words)).removesuffix(".").split() == words


@given(st.text("ab*_~`[]()!<>#|$\\ \n.-1\U0001f600\u200d", max_size=300))
def test_whatever_the_markup_no_letter_is_said_that_is_not_there(text: str) -> None:
    sentences = Sentences()
    pieces = sentences.feed(text) + sentences.finish()
    said = "".join(speakable(piece, code="") for piece in pieces)
    assert said.count("a") <= text.count("a")
    assert said.count("b") <= text.count("b")


@pytest.mark.parametrize(
    "bit", ["[", "![", "*a ", "`", "<a ", "$a", "\\(", "\U0001f600", "_", "| "]
)
def test_odd_text_takes_no_long_time(bit: str) -> None:
    # A pattern that goes back over and over would take hours for this, not a moment.
    assert isinstance(speakable(bit * (2000 // len(bit))), str)


@pytest.mark.parametrize("piece", ["---\n", "[[[[", "| | |\n", "\U0001f600", "> >\n"])
def test_what_has_no_letter_is_not_even_parsed(piece: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("speech.voice.speakable.MarkdownIt")
    _markdown.cache_clear()
    assert speakable(piece) == ""
