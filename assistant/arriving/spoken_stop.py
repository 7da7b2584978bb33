"""How people stop the agent by speaking: "stop", alone or with the agent's name. No I/O."""

from __future__ import annotations

from .commands import LONGEST_COMMAND
from .folding import fold
from .hearing_names import find_names
from .sounds import words_of

_STOPS = """
    stop; stop it; stop that; stop now; stop talking; stop speaking; halt; be quiet
    stopp; hör auf; aufhören; sei still; ruhe; schluss
    arrête; arrêtez; arrête toi; arrête ça; tais toi
    para; pare; alto; basta; basta ya; detente; cállate; parar; chega
    ferma; fermati; smettila
    hou op; stop ermee; stil
    przestań; zatrzymaj się; dość; sluta; stoppa; stans; lopeta
    стоп; стой; хватит; остановись; перестань; досить; зупинись; годі
    dur; durdur; yeter; توقف; قف; עצור; די; रुको; रुकिए
    停; 停下; 停止; 停一下; 请停; 请停下; 請停; 請停下; 别说了; 不要说了; 別說了
    ストップ; 止めて; 止めてください; やめて; やめてください; 止まって; とめて; 그만; 그만해; 멈춰; 스톱; 스탑
"""
"""What means "stop" when nothing else is said, in the languages that are spoken most. Chinese and Japanese
write it with the courtesy in one word."""

_POLITE = """
    please; now; ok; okay; hey; oh; no; thanks; thank you; bitte; danke; jetzt; mal; nein
    s il te plaît; s il vous plaît; por favor; per favore; alsjeblieft; proszę; tack; пожалуйста
    lütfen; من فضلك; בבקשה; कृपया; お願い; お願いします; 제발
"""
"""What may be said before or after it."""


def is_spoken_stop(text: str, name: str = "") -> bool:
    """Whether all that was said is to stop, also politely, more than once, or by name.

    Args:
        text: What a transcriber made of the sound. With a question mark it is a question.
        name: The agent's name, which may be misheard; empty for none.
    """
    if len(text) > LONGEST_COMMAND or "?" in (folded := fold(text)) or "\u061f" in folded:
        return False
    words = tuple(words_of(folded))
    while words and words not in _STOP_PHRASES:
        if (shorter := _without_edge(words, name)) == words:
            return False
        words = shorter
    return bool(words)


def _without_edge(words: tuple[str, ...], name: str) -> tuple[str, ...]:
    """Words without the agent's name, a polite word, or a word said twice, at their edges."""
    for start, end in find_names(words, name):
        if start == 0:
            return words[end:]
        if end == len(words):
            return words[:start]
    for phrase in _POLITE_PHRASES:
        if words[: len(phrase)] == phrase:
            return words[len(phrase) :]
        if words[-len(phrase) :] == phrase:
            return words[: -len(phrase)]
    return _without_repeat(words)


def _without_repeat(words: tuple[str, ...]) -> tuple[str, ...]:
    for count in range(1, len(words) // 2 + 1):
        if words[:count] == words[count : 2 * count]:
            return words[count:]
    return words


def _phrases(text: str) -> frozenset[tuple[str, ...]]:
    folded = (words_of(fold(phrase)) for line in text.splitlines() for phrase in line.split(";"))
    return frozenset(tuple(words) for words in folded if words)


_STOP_PHRASES = _phrases(_STOPS)
_POLITE_PHRASES = _phrases(_POLITE)
