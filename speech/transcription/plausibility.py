"""Whether a sound may be speech, and whether its transcript can be what somebody said. Pure."""

# Brackets and marks of Chinese and Japanese look like Latin ones.
# ruff: noqa: RUF001

from __future__ import annotations

import re

from speech.utterance import Piece

from .ghosts import CREDITS, SMALL, SOUNDS, plain

SHORTEST_SPEECH = 0.2
"""Seconds: shorter than any word."""

LEAST_CONFIDENCE = 0.5
"""Below it a sound is more probably something else than speech."""

SHORT_SPEECH = 0.5
"""Seconds. What is shorter is more often a cough or a click, so it has to be more like speech."""

SHORT_CONFIDENCE = 0.6
"""Least confidence in speech that is short."""

LEAST_PEAK = 200
"""A sound whose loudest sample is below it is the noise of a microphone: 44 dB below the loudest."""

GHOST_SPEECH = 1.0
"""Seconds. In shorter sounds transcribers hear small words that nobody said."""

GHOST_CONFIDENCE = 0.8
"""A sound that is more probably speech is believed to hold the small words that are heard in it."""

CLEAR_CONFIDENCE = 0.9
"""Speech so clear that somebody may be repeating a word all the time."""

LETTERS_A_SECOND = 30
"""Twice as many as people speak in a long sentence; the letters of Chinese, Japanese and Korean count
as `WIDE_LETTER`."""

FREE_LETTERS = 15
"""Letters that cost no time, as the speech in a sound is not measured exactly."""

WIDE_LETTER = 3
"""Letters that a letter counts as that stands for a syllable, or a word."""

WORD_REPEATS = 6
"""How often in a row a word is said by nobody."""

PHRASE_REPEATS = 4
"""The same, of several words."""

MOST_CHARACTERS = 10_000
"""What is longer is no transcript of a piece, whatever it is."""

_WIDE = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")
_UNSENDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_TOKEN = re.compile(r"<\|[^|>]{0,40}\|>")
_LYRICS = re.compile(r"[♪♫🎵🎶][^♪♫🎵🎶]{0,500}(?:[♪♫🎵🎶]+|$)|[♪♫🎵🎶]+")
_SQUARE = re.compile(r"\[[^\[\]]{0,60}\]|【[^【】]{0,60}】")
_ASIDE = re.compile(r"\([^()]{0,60}\)|（[^（）]{0,60}）|(?<![\w*])\*{1,3}[^*]{1,60}\*{1,3}(?!\w)")
_SENTENCE_END = re.compile(r"(?<=[.!?…。！？])\s*(?=\S)|\n+")


def is_worth_sending(piece: Piece) -> bool:
    """Whether there may be words in a sound."""
    if piece.speech < SHORTEST_SPEECH or piece.peak < LEAST_PEAK:
        return False
    least = SHORT_CONFIDENCE if piece.speech < SHORT_SPEECH else LEAST_CONFIDENCE
    return piece.confidence >= least


def plausible_words(text: str, piece: Piece, *, is_alone: bool = True) -> str:
    """Return what of a transcript somebody said.

    Args:
        text: The transcript.
        piece: The sound.
        is_alone: Whether no other words of the utterance are known.

    Returns:
        The words, on one line; empty if they are nobody's.
    """
    words = _without_annotations(text) if len(text) <= MOST_CHARACTERS else ""
    is_nobodys = (
        not _has_words(words)
        or _is_impossible(words, piece)
        or _is_ghost(words)
        or (is_alone and (SOUNDS.fullmatch(plain(words)) or _is_small_ghost(words, piece)))
        or (piece.confidence < CLEAR_CONFIDENCE and _is_loop(plain(words)))
    )
    return "" if is_nobodys else words


def _without_annotations(text: str) -> str:
    """Take out what says how something sounded. Asides stay beside words: they may be words."""
    text = _TOKEN.sub(" ", _UNSENDABLE.sub(" ", text))
    text = _SQUARE.sub(" ", _LYRICS.sub(" ", text))
    return " ".join(text.split()) if _has_words(_ASIDE.sub(" ", text)) else ""


def _has_words(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _is_impossible(words: str, piece: Piece) -> bool:
    seconds = max(0.0, min(piece.seconds, 2 * piece.speech + 0.5))
    letters = sum(map(str.isalnum, words)) + (WIDE_LETTER - 1) * len(_WIDE.findall(words))
    return letters > FREE_LETTERS + LETTERS_A_SECOND * seconds


def _is_ghost(words: str) -> bool:
    if CREDITS.fullmatch(plain(words)):
        return True
    sentences = [plain(each) for each in _SENTENCE_END.split(words)]
    return all(CREDITS.fullmatch(each) for each in sentences if each)


def _is_small_ghost(words: str, piece: Piece) -> bool:
    is_doubtful = piece.speech < GHOST_SPEECH and piece.confidence < GHOST_CONFIDENCE
    return is_doubtful and plain(words) in SMALL


def _is_loop(text: str) -> bool:
    words = text.split()
    if len(words) == 1:
        return _repeats(list(text), shortest=2, least=WORD_REPEATS)
    return _repeats(words, shortest=1, least=WORD_REPEATS) or _repeats(
        words, shortest=2, least=PHRASE_REPEATS
    )


def _repeats(items: list[str], *, shortest: int, least: int) -> bool:
    """Whether all of it is one part again and again; the last one may be cut off."""
    longest = len(items) // least
    return any(
        all(map(str.__eq__, items, items[length:])) for length in range(shortest, longest + 1)
    )
