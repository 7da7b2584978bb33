"""Stop, spoken: alone, politely, by name, and in other languages; never in a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.arriving.commands import LONGEST_COMMAND
from assistant.arriving.spoken_stop import is_spoken_stop


@pytest.mark.parametrize(
    "text",
    [
        "Stop.",
        "stop please",
        "Please stop!",
        "Assistant, stop",
        "Stop, assistance.",
        "stop it",
        "Stop that now, please.",
        "Stop, stop, stop!",
        "OK Assistant, please stop it now.",
        "Halt!",
        "Hör auf!",
        "Bitte stopp.",
        "Arrête, s'il te plaît.",
        "arrete",
        "¡Para!",
        "Basta, por favor",
        "Ferma!",
        "Stop, alsjeblieft",
        "Przestań, proszę",
        "Стоп, ассистент!",
        "Хватит, пожалуйста",
        "Dur lütfen",
        "توقف",
        "עצור",
        "रुकिए",
        "停。",
        "请停下",
        "別說了",
        "ストップ！",
        "やめて",
        "그만",
    ],
)
def test_it_stops(text: str) -> None:
    assert is_spoken_stop(text, "Assistant")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "…",
        "stop?",
        "停？",
        "stop the music",
        "don't stop",
        "I said stop",
        "the bus stop",
        "stop and go",
        "please",
        "Assistant",
        "Assistant, please",
        "Other, stop",
        "stopped",
        "no no",
        "stop " * LONGEST_COMMAND,
    ],
)
def test_it_does_not_stop(text: str) -> None:
    assert not is_spoken_stop(text, "Assistant")


@pytest.mark.parametrize("name", ["Ada", "Nova Prime", "助手", "Stop", "Now", ""])
def test_it_stops_with_and_without_any_name(name: str) -> None:
    assert is_spoken_stop("stop", name)
    assert is_spoken_stop(f"{name}, stop", name)
    assert is_spoken_stop(f"stop, {name}", name)


@given(
    st.lists(st.sampled_from(["please", "ok", "assistance", "hey"]), max_size=4),
    st.lists(st.sampled_from(["please", "now", "Assistant", "thanks"]), max_size=4),
    st.booleans(),
)
def test_any_courtesy_may_be_around_it(before: list[str], after: list[str], stops: bool) -> None:
    said = [*before, *(["stop it"] if stops else []), *after]
    assert is_spoken_stop(" ".join(said), "Assistant") is stops
    assert not is_spoken_stop(" ".join([*said, "train"]), "Assistant")
