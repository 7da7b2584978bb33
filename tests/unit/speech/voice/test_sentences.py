"""A growing text is cut into sentences: at the right places, early, and whatever its pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.voice.sentences import FAR_TOO_LONG, LONG, TOO_LONG, Sentences

BITS = st.sampled_from(
    [
        *("Hello", "there", "Dr.", "e.g.", "3.14", "1.", "wait...", "Yes.", "No!", "Really?", "a,"),
        *(" ", " ", " ", "\n", "\n\n", "[a. B](http://x.y/z. q)", "`a. B`", "```", "\n```\n", "**"),
        *("\u6587\u3002", "\u300c\u306f\u3044\u3002\u300d", "- item", "# Title", "| a | b |", "$$"),
        *(
            "<b>",
            "</b>",
            "\u0939\u0948\u0964",
            "(",
            ")",
            "[",
            "]",
            "`",
            "<",
            "\U0001f600",
            "e\u0301",
        ),
    ]
)
TEXTS = st.lists(BITS, max_size=60).map("".join)


def cut(text: str) -> list[str]:
    sentences = Sentences()
    return sentences.feed(text) + sentences.finish()


def words(text: str) -> list[str]:
    return [piece.strip() for piece in cut(text)]


@given(TEXTS, st.data())
def test_the_pieces_in_which_a_text_comes_do_not_matter(text: str, data: st.DataObject) -> None:
    ends = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    whole, pieces = Sentences(), Sentences()
    found = [
        sentence
        for start, end in zip([0, *ends], [*ends, len(text)], strict=True)
        for sentence in pieces.feed(text[start:end])
    ]
    assert found == whole.feed(text)
    assert pieces.finish() == whole.finish()


@given(TEXTS)
def test_nothing_is_lost_and_nothing_comes_twice(text: str) -> None:
    assert "".join(cut(text)) == text


@given(st.text(st.characters(exclude_characters="`~$\\[(<"), max_size=2000))
def test_no_sentence_is_too_long(text: str) -> None:
    assert max(map(len, cut(text)), default=0) <= TOO_LONG + 1


@given(
    st.lists(st.sampled_from(["[a. B](http://c.d/?e. f)", "`g. H()`", "Well.", "Yes"]), max_size=9)
)
def test_no_link_and_no_code_is_cut(parts: list[str]) -> None:
    pieces = cut(" ".join(parts))
    assert sum(p.count("[a. B](http://c.d/?e. f)") for p in pieces) == parts.count(
        "[a. B](http://c.d/?e. f)"
    )
    assert sum(p.count("`g. H()`") for p in pieces) == parts.count("`g. H()`")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("Ask Dr. Smith, e.g. now. He knows.", ["Ask Dr. Smith, e.g. now.", "He knows."]),
        ("Das gilt z.B. Mo. Und Dr. Meier?", ["Das gilt z.B. Mo.", "Und Dr. Meier?"]),
        ("It is 3.14. Or 1,000.5!", ["It is 3.14.", "Or 1,000.5!"]),
        ("J. R. Tolkien wrote. We read.", ["J. R. Tolkien wrote.", "We read."]),
        ("Am 3. Oktober. Gut.", ["Am 3. Oktober.", "Gut."]),
        ('"Really?" he asked. "Yes." She left.', ['"Really?" he asked.', '"Yes."', "She left."]),
        ("Well... Then. so it goes.", ["Well...", "Then. so it goes."]),
        ("**One. Two.** Three", ["**One.", "Two.**", "Three"]),
        ("\u3053\u308c\u3002\u6b21\uff01\u672b", ["\u3053\u308c\u3002", "\u6b21\uff01", "\u672b"]),
        ("\u092f\u0939\u0964 \u0926\u094b\u0964", ["\u092f\u0939\u0964", "\u0926\u094b\u0964"]),
        ("\u0646\u0639\u0645\u061f \u0644\u0627.", ["\u0646\u0639\u0645\u061f", "\u0644\u0627."]),
        ("# Title\nText\nwith lines. End", ["# Title", "Text\nwith lines.", "End"]),
        ("1. One\n2. Two\n- Three", ["1. One", "2. Two", "- Three"]),
        ("| a. B | c |\n|---|---|\n| d | e |", ["| a. B | c |", "|---|---|", "| d | e |"]),
        ("See:\n```py\nA. B\n\n# c\n```\nEnd.", ["See:", "```py\nA. B\n\n# c\n```", "End."]),
        ("> ```\n> A. B\n> ```\nEnd.", ["> ```\n> A. B\n> ```", "End."]),
        ("$$\na. B\n$$\nEnd.", ["$$\na. B\n$$", "End."]),
        ("A <b title='x. Y'>bold</b>. End", ["A <b title='x. Y'>bold</b>.", "End"]),
        ("An open [bracket. It\nends. Here", ["An open [bracket. It\nends.", "Here"]),
    ],
)
def test_it_is_cut_where_a_person_would_pause(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_a_sentence_comes_with_the_first_character_that_shows_its_end() -> None:
    sentences = Sentences()
    assert sentences.feed("Hello there. ") == []
    assert sentences.feed("H") == ["Hello there. "]
    assert sentences.feed("i.\n") == ["Hi.\n"]
    assert sentences.feed("\u672b\u3002\u6b21") == ["\u672b\u3002"]


def test_a_long_sentence_is_cut_at_a_comma() -> None:
    text = "these are some words, " * 20
    pieces = cut(text)
    assert len(pieces) > 1
    assert all(piece.endswith(", ") and len(piece) <= LONG for piece in pieces)


def test_a_long_sentence_without_commas_is_cut_between_words() -> None:
    pieces = cut("word " * 200)
    assert len(pieces) > 1
    assert all(piece.endswith("word ") for piece in pieces)


def test_a_text_without_spaces_is_not_cut_within_a_character() -> None:
    assert all(piece.startswith("e\u0301") for piece in cut("e\u0301" * 700))


def test_what_is_never_closed_is_cut_at_last() -> None:
    assert max(map(len, cut("[" + "word, " * 2000))) <= FAR_TOO_LONG + 1


class Counting(Sentences):
    """Counts how often it looks at a character."""

    looks = 0

    def _look_at(self, char: str) -> None:
        self.looks += 1
        super()._look_at(char)


@pytest.mark.parametrize(
    "text",
    ["a" * 40, "ab, " * 10, "[" * 9, "`" * 9, "a b " * 9, "<a ", "\n", "a. B", "```\n", "$$\n"],
)
def test_the_effort_grows_with_the_length_alone(text: str) -> None:
    sentences = Counting()
    whole = text * (100_000 // len(text))
    sentences.feed(whole)
    assert sentences.looks < 8 * len(whole)
