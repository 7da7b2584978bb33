"""When the agent must be named, and what names it."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.arriving.mention import Mention, mentions, names_of, needs_mention


@pytest.mark.parametrize(
    ("mention", "from_people"), [(Mention.AUTO, 3), (Mention.ALWAYS, 2), (Mention.NEVER, 99)]
)
def test_it_must_be_named_from_so_many_people_on(mention: Mention, from_people: int) -> None:
    needed = [people for people in range(9) if needs_mention(mention, people)]
    assert needed == list(range(from_people, 9))


@pytest.mark.parametrize(
    "text",
    [
        "Assistant",
        "assistant, hi",
        "hi @Assistant!",
        "@ASSISTANT?",
        "thanks assistant.",
        "(assistant)",
        "what does the assistant's clock say",
        "line one\n@assistant line two",
        "„Assistant“",
        "Assistant’s turn",
        "l'Assistant et l’Assistant",
        "**Assistant**",
        "_Assistant_",
        "`assistant`",
        "-Assistant",
        "Assistant:hello",
        "Assistant—hello",
        "Assistant…hello",
        "Assistant™",
        "✨Assistant✨",
        "Hi.@Assistant",
    ],
)
def test_its_name_as_a_word_names_it(text: str) -> None:
    assert mentions(text, "Assistant")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "assistants",
        "my-assistant",
        "@assistant-two",
        "someone@assistant.example",
        "assistant.example",
        "www.assistant",
        "assistant_2",
        "@@assistant",
        "asistant",
        "someone@assistant",
        "assistant@example.com",
        "myassistant",
        "my_assistant",
        "assistant_bot",
        "assistant2",
        "assistant\u2011two",
        "assist\u00e1nt",
        "assistant\u030b",
        "e\u030bassistant",
    ],
)
def test_another_word_does_not(text: str) -> None:
    assert not mentions(text, "Assistant")


def test_a_mark_of_a_long_sound_belongs_to_its_word() -> None:
    assert not mentions("サーバーが落ちた", "サーバ")
    assert mentions("サーバーが落ちた", "サーバー")


@pytest.mark.parametrize("name", ["C-3PO", "Dr. Who?", "助手", "a+b (c)", "Ärztin"])
def test_any_name_can_be_mentioned(name: str) -> None:
    assert mentions(f"hello @{name} how are you", name)
    assert mentions(name.lower(), name)
    assert not mentions("hello you", name)


def test_what_a_name_has_in_parentheses_need_not_be_written() -> None:
    assert mentions("hello @Assistant", "Assistant (small local model)")
    assert not mentions("that small one", "Assistant (small local model)")


@pytest.mark.parametrize(
    "text",
    [
        "请问Assistant你好",
        "你好@Assistant",
        "Assistant-你好",
        "Assistantさん、おはよう",
        "Assistant님 안녕하세요",
        "안녕@Assistant",
        "ขอถามAssistantหน่อย",
        "Assistantजी नमस्ते",
        "Assistantом доволен",
        "لAssistant",
        "שלום לAssistant",
        "\u200fمرحبا @Assistant\u200f، كيف",
    ],
)
def test_it_may_stand_between_letters_of_another_script(text: str) -> None:
    assert mentions(text, "Assistant")


@pytest.mark.parametrize(
    "text",
    [
        "＠Ａｓｓｉｓｔａｎｔ",
        "𝐀𝐬𝐬𝐢𝐬𝐭𝐚𝐧𝐭",
        "Ⓐⓢⓢⓘⓢⓣⓐⓝⓣ",
        "ASSİSTANT",
        "assıstant",
        "hi \u2068@Assistant\u2069!",
        "@\u2068Assistant\u2069",
        "\u200bAssistant\u200bhello",
        "As\u200bsis\u200ct\u00adant",
        "Assistant\ufe0f",
        "hi\u00a0Assistant\u202fhi",
    ],
)
def test_however_a_keyboard_or_a_client_writes_it(text: str) -> None:
    assert mentions(text, "Assistant")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Nova ✨", "nova, hi"),
        ("Nova✨", "@Nova ✨"),
        ("🤖 Nova", "hi nova"),
        ("Nova ❤️", "Nova ❤"),
        ("Nova 1️⃣", "nova?"),
        ("Nova 🇩🇪", "nova?"),
        ("👩‍💻 Nova", "nova?"),
        ("Nova™", "nova?"),
        ("~Nova~", "nova?"),
        ("Who?", "who, then"),
        ("✨", "hi ✨ you"),
        ("🇩🇪", "go🇩🇪!"),
        ("C++", "@C++"),
        (".NET", "the .net thing"),
        ("Nova Prime", "@nova\u00a0 \n prime?"),
        ("O'Neil", "o’neil"),
        ("C-3PO", "c\u20113po"),
        ("José", "JOSE\u0301"),
        ("Jose\u0301", "josé"),
        ("Straße", "STRASSE"),
        ("Βοηθός", "ΒΟΗΘΌΣ"),
        ("İnci", "INCI"),
        ("Işık", "IŞIK"),
        ("Ассистент", "привет,АССИСТЕНТ"),
        ("助手", "请助手看看"),
        ("助手（测试）", "请助手看看"),
        ("アシスタント", "ｱｼｽﾀﾝﾄさん"),
        ("도우미", "도우미야 안녕"),
        ("도우미", "@도우미에게 물어봐"),
        ("ผู้ช่วย", "สวัสดีผู้ช่วยครับ"),
        ("مساعد", "يا مساعد، مرحبا"),
    ],
)
def test_a_name_of_any_kind_is_seen(name: str, text: str) -> None:
    assert mentions(text, name)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("C++", "c is a letter"),
        (".NET", "asp.net"),
        (".NET", "the net"),
        ("도우미", "새도우미"),
        ("アシスタント", "アシスタントロボット"),
        ("Nova ✨", "supernova ✨"),
        ("Nova Prime", "nova optimus prime"),
        ("\u3164", "anything"),
        ("", "anything"),
        ("a.*b", "axxb"),
    ],
)
def test_part_of_a_word_or_of_a_name_is_no_name(name: str, text: str) -> None:
    assert not mentions(text, name)


SEPARATORS = st.text(' \n\u00a0,;!?()[]{}*"«»„“”/\u3000。、', min_size=1, max_size=3)
INVISIBLE = st.text("\u200b\u200c\u200d\u200e\u2060\u2068\u2069\ufe0f\ufeff\u00ad", max_size=2)
names = st.text(min_size=1, max_size=64)


@given(names, st.text(max_size=20), SEPARATORS, SEPARATORS, st.text(max_size=20), INVISIBLE)
def test_whatever_its_name_it_is_seen_where_it_stands_apart(
    name: str, before: str, left: str, right: str, after: str, invisible: str
) -> None:
    called = name.partition(" (")[0].partition("（")[0]
    text = f"{before}{left} {invisible}{called}{invisible} {right}{after}"
    if names_of(name) and called.strip():
        assert mentions(text, name)


@given(st.sampled_from(["a", "é", "я", "ש", "م", "ά", "क"]), st.sampled_from(["", "-", ".", "_"]))
def test_a_longer_word_of_its_script_is_another(letter: str, connector: str) -> None:
    name = letter * 3
    assert mentions(f"{letter} {name}", name)
    assert not mentions(f"{name}{connector}{letter}", name)
    assert not mentions(f"{letter}{connector}{name}", name)


def _calls(text: str, name: str) -> int:
    """How many calls it takes to look for a name."""
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    names_of(name)
    sys.setprofile(count)
    try:
        mentions(text, name)
    finally:
        sys.setprofile(None)
    return calls


@settings(deadline=None)
@given(st.text("aA@_-. ✨\u0301\u0323\u200b\ufdfa한🇩", min_size=1, max_size=8), st.data())
def test_the_effort_grows_with_the_text_and_no_faster(unit: str, data: st.DataObject) -> None:
    # The name may be made of what the text is full of.
    name = (unit * 64)[: data.draw(st.integers(1, 64))]
    once, twice = _calls(unit * 64, name), _calls(unit * 128, name)
    assert twice <= 2 * once + 2 * 64 * 40
