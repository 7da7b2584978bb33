"""The agent's name, as ears and transcribers may write it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.arriving.folding import fold
from assistant.arriving.hearing_names import find_names, hears_name
from assistant.arriving.mention import mentions
from assistant.arriving.sounds import words_of
from worker.devstack.paths import PROJECT

NAMES = ["Assistant", "Ada", "Lumi", "Claire", "Jarvis", "Nova Prime", "Ассистент", "助手", "C++"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Assistant, what is that?", "Assistant"),
        ("assistance what is that", "Assistant"),
        ("Hey assistants, what is that?", "Assistant"),
        ("A sistant, tell me.", "Assistant"),
        ("assist ant tell me", "Assistant"),
        ("tell me, asistent", "Assistant"),
        ("Assistante, dis-moi", "Assistant"),
        ("Assistan, go on", "Assistant"),
        ("Assistent, was ist das?", "Assistant"),
        ("Asistente, ¿qué es eso?", "Assistant"),
        ("Asystent, co to jest?", "Assistant"),
        ("Asistan, bu ne?", "Assistant"),
        ("Ассистент, что это?", "Assistant"),
        ("Ayda, are you there?", "Ada"),
        ("Aida are you there", "Ada"),
        ("Ада, ты здесь?", "Ada"),
        ("Loomi, hello", "Lumi"),
        ("hello Loomy", "Lumi"),
        ("Clare, go on", "Claire"),
        ("Klaire, go on", "Claire"),
        ("Jervis, go on", "Jarvis"),
        ("Novaprime, go on", "Nova Prime"),
        ("nova pryme go on", "Nova Prime"),
        ("Assistant, hello", "Ассистент"),
        ("請問助手你好", "助手"),
        ("Zoe, hello", "Zoë"),
        ("Aleksa, hello", "Alexa ✨ (small)"),
    ],
)
def test_a_misheard_name_is_heard(text: str, name: str) -> None:
    assert hears_name(text, name)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("they assist us", "Assistant"),
        ("we resist", "Assistant"),
        ("it is resistant", "Assistant"),
        ("it is distant and persistent", "Assistant"),
        ("she assisted me, assisting well", "Assistant"),
        ("they assist and help, or assist an old lady", "Assistant"),
        ("a system", "Assistant"),
        ("at home", "Ada"),
        ("add a line", "Ada"),
        ("I had a dog, odd a day", "Ada"),
        ("it is clear", "Claire"),
        ("an eclair for Clara", "Claire"),
        ("a room, a loom", "Lumi"),
        ("Travis and Martin", "Jarvis"),
        ("Martin and Martina", "Marvin"),
        ("Alex", "Alexa"),
        ("nova", "Nova Prime"),
        ("a nova prima donna", "Nova Prime"),
        ("key", "Kai"),
        ("see", "C++"),
        ("", "Assistant"),
    ],
)
def test_other_words_are_not_taken_for_the_name(text: str, name: str) -> None:
    assert not hears_name(text, name)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("Assistant", "Ассистент")])
def test_nothing_in_our_documents_is_taken_for_a_name_that_is_not_in_them(name: str) -> None:
    files = [*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md")]
    text = " ".join(file.read_text(encoding="utf-8") for file in files)
    words = [word for word in words_of(fold(text)) if word != fold(name)]
    assert len(words) > 1_000
    assert not [words[start:end] for start, end in find_names(words, name)]


@given(st.sampled_from(NAMES), st.text(st.characters(codec="utf-8"), max_size=60))
def test_whoever_mentions_the_name_names_it_aloud(name: str, text: str) -> None:
    for said in (text, f"{text} {name}", f"{name} {text}"):
        assert hears_name(said, name) or not mentions(said, name)


@given(st.sampled_from(NAMES), st.lists(st.sampled_from(["go", "assistance", "nova", "prime"])))
def test_a_name_is_found_where_it_is(name: str, words: list[str]) -> None:
    for start, end in find_names(words, name):
        assert 0 <= start < end <= len(words)
        assert hears_name(" ".join(words[start:end]), name)
