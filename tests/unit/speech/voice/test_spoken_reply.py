"""What of a reply is spoken: each sentence once, in order, whatever the reply does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.voice.speakable import CODE
from speech.voice.spoken_reply import TOGETHER, SpokenReply


class Reply(SpokenReply):
    """Counts how often it says that there is something."""

    def __init__(self) -> None:
        self.changes = 0
        self.abandoned: list[SpokenReply] = []
        super().__init__(self._count, self.abandoned.append)

    def _count(self) -> None:
        self.changes += 1

    def take_all(self) -> list[str]:
        return list(iter(self.take, ""))


def test_the_first_sentence_goes_alone_and_the_others_together() -> None:
    reply = Reply()
    reply.append("One. Two. Three. Four")
    assert reply.take() == "One."
    assert reply.take() == "Two. Three."
    assert reply.take() == ""
    reply.finish()
    assert reply.take_all() == ["Four."]
    assert reply.is_over


def test_what_goes_together_has_a_limit() -> None:
    reply = Reply()
    reply.append("This is a sentence. " * 60)
    reply.finish()
    taken = reply.take_all()
    assert all(len(text) <= TOGETHER for text in taken)
    assert " ".join(taken) == "This is a sentence. " * 59 + "This is a sentence."


def test_it_tells_when_there_is_something_and_when_it_is_over() -> None:
    reply = Reply()
    reply.append("One")
    assert reply.changes == 0
    reply.append(". Two")
    assert reply.changes == 1
    reply.append(" words")
    reply.finish()
    assert reply.take_all() == ["One.", "Two words."]
    assert reply.changes > 1


def test_text_after_the_end_is_dropped() -> None:
    reply = Reply()
    reply.finish()
    reply.append("Late. Text")
    reply.withdraw(0)
    reply.finish()
    assert reply.is_over
    assert reply.take() == ""


def test_an_abandoned_reply_has_nothing_to_say() -> None:
    reply = Reply()
    reply.append("One. Two. Three")
    reply.take()
    reply.abandon()
    reply.append("Four. Five")
    reply.abandon()
    assert reply.abandoned == [reply]
    assert reply.is_over
    assert reply.take() == ""


def test_a_reply_is_over_once_its_last_sound_was_heard() -> None:
    reply = Reply()
    reply.append("One.")
    reply.sounds = 1
    reply.finish()
    reply.take_all()
    assert reply.is_taken
    assert not reply.is_over
    reply.abandon()
    assert reply.abandoned == [reply]


def test_of_a_reply_that_is_given_up_what_was_taken_goes_on() -> None:
    reply = Reply()
    reply.append("One. Two. Three")
    reply.take()
    reply.give_up()
    reply.append("Four. Five")
    assert reply.is_given_up
    assert reply.take() == ""
    assert not reply.abandoned


def test_withdrawn_text_that_waits_is_not_spoken() -> None:
    reply = Reply()
    reply.append("One. Two. Three")
    reply.withdraw(5)
    reply.append("Other.")
    reply.finish()
    assert reply.take_all() == ["One.", "Other."]


def test_what_was_spoken_is_not_said_again_until_the_text_differs() -> None:
    reply = Reply()
    reply.append("One. Two. Three. Four")
    assert reply.take_all() == ["One.", "Two. Three."]
    reply.withdraw(0)
    reply.append("One. Two. Thirty. Four. Five")
    reply.finish()
    assert reply.take_all() == ["Thirty. Four. Five."]


def test_a_text_can_be_withdrawn_twice() -> None:
    reply = Reply()
    reply.append("One. Two. Three. Four")
    reply.take_all()
    reply.withdraw(0)
    reply.append("One. T")
    reply.withdraw(2)
    reply.append("e. Two. Three. Four.")
    reply.finish()
    assert reply.take_all() == ["Four."]


def test_code_is_named_in_a_text_that_may_be_english() -> None:
    reply = Reply()
    reply.append("See:\n```\nx = '\u00e4'\n```\nDone.")
    reply.finish()
    assert reply.take_all() == ["See:", f"{CODE} Done."]


def test_code_is_passed_over_in_another_language() -> None:
    reply = Reply()
    reply.append("Sch\u00f6n:\n```\nx = 1\n```\nFertig.")
    reply.finish()
    assert reply.take_all() == ["Sch\u00f6n:", "Fertig."]


def test_a_long_text_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    class Counting:
        """Finds nothing."""

        looked_at = 0

        def search(self, text: str) -> None:
            self.looked_at += len(text)

    foreign, text = Counting(), "This is a sentence. " * 60
    monkeypatch.setattr("speech.voice.spoken_reply._FOREIGN", foreign)
    reply = Reply()
    reply.append(text)
    reply.finish()
    reply.take_all()
    assert foreign.looked_at == len(text)


def test_what_has_no_words_is_over_without_a_sound() -> None:
    reply = Reply()
    reply.append("---\n\n\U0001f600")
    reply.finish()
    assert reply.take() == ""
    assert reply.is_over


TEXT = st.lists(st.sampled_from(["One. ", "Two. ", "three ", "Four! ", "five, "]), max_size=30)


@given(TEXT, st.lists(st.booleans(), max_size=30))
def test_every_word_is_said_once_whenever_it_is_taken(bits: list[str], takes: list[bool]) -> None:
    reply, said = Reply(), []
    for number, bit in enumerate(bits):
        reply.append(bit)
        if number < len(takes) and takes[number]:
            said.append(reply.take())
    reply.finish()
    said += reply.take_all()
    words = "".join(bits).split()
    assert [w.strip(".!,") for w in " ".join(said).split()] == [w.strip(".!,") for w in words]


@given(TEXT, TEXT, st.data())
def test_a_text_that_comes_again_is_not_said_again(
    said: list[str], rest: list[str], data: st.DataObject
) -> None:
    reply = Reply()
    for bit in said:
        reply.append(bit)
    taken = reply.take_all()
    start = data.draw(st.integers(0, len("".join(said))))
    reply.withdraw(start)
    reply.append("".join(said)[start:] + "".join(rest))
    reply.finish()
    whole = " ".join([*taken, *reply.take_all()])
    words = "".join([*said, *rest]).split()
    assert [w.strip(".!,") for w in whole.split()] == [w.strip(".!,") for w in words]
