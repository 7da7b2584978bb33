"""Its own voice in somebody's microphone is told from what people say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.voice.echo import KEPT, ONSET, EchoMemory, holds, in_common, repeats, sounds_like

SPOKEN = "You can stop the timer at any time, yes, or choose the second one of the options."
WORDS = st.lists(st.sampled_from("abcdefgh"), max_size=30)


def memory(*texts: str) -> EchoMemory:
    """What was spoken from 10 on, a second each; the last goes on."""
    said = EchoMemory()
    for number, text in enumerate(texts):
        said.begin(text, 10.0 + number)
    return said


@pytest.mark.parametrize(
    "heard",
    [
        SPOKEN,
        "stop the timer at any time",
        "You can stop the time at any time yes or choose a second one of the options",
        "choose the second one of the options",
        "can stop the timer",
    ],
)
def test_its_own_words_are_known_again_though_some_are_misheard(heard: str) -> None:
    assert memory(SPOKEN).is_own(heard, 11.0)


@pytest.mark.parametrize(
    "heard",
    [
        *("stop", "Yes.", "no", "the second", "Stop!", ""),
        "stop the timer please now thanks",
        "can you stop the second one",
        "the options yes",
        "I would like to know more about the timer",
    ],
)
def test_a_person_who_uses_the_same_words_is_heard(heard: str) -> None:
    assert not memory(SPOKEN).is_own(heard, 11.0)


def test_two_words_are_its_own_if_it_said_nothing_else() -> None:
    said = memory("Hello there.", "Yes.")
    assert said.is_own("hello there", 10.5)
    assert not said.is_own("yes", 11.1 + ONSET)


RIVER = "My sister lives near the river. The meeting begins at nine o'clock. What is the tallest mountain?"


@pytest.mark.parametrize(
    "heard",
    [
        "If smear the river.",
        "The meeting begins at nine out of clock. What is the top?",
        "My sister, let.",
        "lips near the rivers the meat in begins",
    ],
)
def test_words_that_are_misheard_are_known_by_their_letters(heard: str) -> None:
    assert memory(RIVER).is_own(heard, 14.0)


@pytest.mark.parametrize(
    "heard",
    [
        "And when does the meeting end?",
        "What about the second mountain?",
        "Can you tell me more about the river?",
        "no, that is not what I meant",
    ],
)
def test_a_question_about_what_is_spoken_is_none(heard: str) -> None:
    assert not memory(RIVER).is_own(heard, 14.0)


@pytest.mark.parametrize("heard", ["My", "My sis", "Mist"])
def test_a_beginning_that_was_broken_off_in_a_word_is_known_by_when_it_came(heard: str) -> None:
    assert memory(RIVER).is_own(heard, 10.3)
    assert not memory(RIVER).is_own(heard, 10.1 + ONSET)
    assert not memory(RIVER).is_own(heard, 9.9), "nobody hears it before it sounds"


@pytest.mark.parametrize("heard", ["stop", "no", "wait", "yes", "No, wait.", ""])
def test_who_speaks_as_the_voice_begins_is_heard(heard: str) -> None:
    assert not memory(RIVER).is_own(heard, 10.3)


def test_a_few_words_that_follow_on_an_echo_are_one() -> None:
    said = memory("I know. It is the Nile.")
    assert said.is_own("I know", 14.0, after_echo=True)
    assert not said.is_own("I know", 14.0)
    assert not said.is_own("stop", 14.0, after_echo=True)
    assert not said.is_own("", 14.0, after_echo=True)


def test_what_goes_over_several_sentences_is_known_again() -> None:
    said = memory("The first is red.", "The second is blue.")
    assert said.is_own("is red the second is blue", 11.0)


def test_it_is_forgotten_soon_after_it_was_spoken() -> None:
    said = memory(SPOKEN)
    said.end(12.0)
    assert said.is_own(SPOKEN, 13.9)
    assert not said.is_own(SPOKEN, 14.1)


def test_what_is_spoken_while_somebody_speaks_counts_until_now() -> None:
    said = memory(SPOKEN)
    said.begin("Something else is said now.", 20.0)
    assert said.is_own("something else is said now", 15.0)


def test_scripts_without_spaces_are_compared_by_their_characters() -> None:
    said = memory("\u4eca\u5929\u5929\u6c14\u5f88\u597d\uff0c\u6211\u4eec\u51fa\u53bb\u5427\u3002")
    assert said.is_own("\u5929\u6c14\u5f88\u597d\u6211\u4eec", 11.0)
    assert not said.is_own("\u5929\u6c14", 11.0)


def test_it_keeps_a_limited_time() -> None:
    said = memory(SPOKEN)
    said.begin("Later.", 11.0)
    said.begin("Much later.", 12.0 + KEPT)
    assert not said.is_own(SPOKEN, 11.0)


@given(WORDS, WORDS)
def test_words_in_common_are_counted_as_by_the_book(some: list[str], others: list[str]) -> None:
    row = [0] * (len(others) + 1)
    for word in some:
        new = [0]
        for index, other in enumerate(others):
            new.append(row[index] + 1 if word == other else max(row[index + 1], new[index]))
        row = new
    assert in_common(some, others) == row[-1]


@given(st.lists(st.sampled_from("abcdefgh"), min_size=3), st.data())
def test_any_run_of_its_words_is_found(spoken: list[str], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(spoken) - 1))
    end = data.draw(st.integers(start + 1, len(spoken)))
    assert repeats(spoken[start:end], spoken)


@given(st.lists(st.sampled_from("abcdefgh"), min_size=1), WORDS)
def test_words_that_were_not_spoken_are_nobodys_echo(heard: list[str], spoken: list[str]) -> None:
    assert not repeats([f"{word}!" for word in heard], spoken)


@given(st.lists(st.sampled_from("abc"), max_size=6), st.lists(st.sampled_from("abc"), max_size=6))
def test_words_stand_among_others_where_a_search_finds_them(
    spoken: list[str], heard: list[str]
) -> None:
    assert holds(spoken, heard) is ("".join(heard) in "".join(spoken))


@given(st.lists(st.text("abc", min_size=1), min_size=1), st.data())
def test_any_beginning_sounds_like_it(spoken: list[str], data: st.DataObject) -> None:
    count = data.draw(st.integers(1, len(spoken)))
    assert sounds_like(spoken[:count], spoken)
