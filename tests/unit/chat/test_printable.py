import pytest

from chat.printable import is_blank, printable, printable_line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain text", "plain text"),
        ("naïve 日本語 हिन्दी 👩‍👩‍👧 🇩🇪", "naïve 日本語 हिन्दी 👩‍👩‍👧 🇩🇪"),
        ("two\nlines", "two\nlines"),
        (
            "dos\r\nmac\runicode\u2028paragraph\u2029next\x85line",
            "dos\nmac\nunicode\nparagraph\nnext\nline",
        ),
        ("a\tb", "a    b"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("\x1b]0;title\x07", "]0;title"),
        ("\x9b31mred", "31mred"),
        ("\x00null\x08back\x7fdelete", "nullbackdelete"),
        ("evil\u202efdp.exe\u2066x\u2069", "evilfdp.exex"),
        ("half \ud83d of a pair", "half  of a pair"),
        ("", ""),
    ],
)
def test_text_stays_and_control_goes(text: str, expected: str) -> None:
    assert printable(text) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Ann", "Ann"), ("Ann\nBob: hi", "Ann Bob: hi"), (" \t Ann \r\n", "Ann"), ("\x1b\x07", "")],
)
def test_a_name_stays_on_one_line(name: str, expected: str) -> None:
    assert printable_line(name) == expected


@pytest.mark.parametrize(
    "text",
    ["", " \n\t", "\u200b", "\ufeff\u2060 \u00ad", "\u3164", "\u2800\u2800", "\x00\x1b", "\u202e"],
)
def test_what_shows_nothing_is_blank(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize(
    "text", ["a", " . ", "\u200b!", "👩\u200d👧", "\u0627", "\ufffd", "\u0301"]
)
def test_what_shows_anything_is_not_blank(text: str) -> None:
    assert not is_blank(text)
