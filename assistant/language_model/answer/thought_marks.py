"""The marks by which open models set their thoughts apart from their answers. Data, and its search."""

from __future__ import annotations

import re

_OPENINGS_AND_CLOSINGS = (
    # Mistral's Magistral.
    (r"\[THINK\]", r"\[/THINK\]"),
    # Moonshot's Kimi.
    (r"◁think▷", r"◁/think▷"),
    (r"<\|open\|>think<\|sep\|>", r"<\|close\|>think<\|sep\|>"),
    # Cohere's Command A Reasoning.
    (r"<\|START_THINKING\|>", r"<\|END_THINKING\|>"),
    # Google's Gemma 4.
    (r"<\|channel>\s*thought", r"<channel\|>"),
    # Google's MedGemma.
    (r"<unused94>(?:thought)?", r"<unused95>"),
    # Apertus.
    (r"<\|inner_prefix\|>", r"<\|inner_suffix\|>"),
    # OpenThinker and Sky-T1.
    (r"<\|begin_of_thought\|>", r"<\|end_of_thought\|>"),
    # OpenAI's gpt-oss: all of harmony's channels but the one that is the answer.
    (
        r"<\|channel\|>\s*(?:analysis|commentary)[^<]{0,60}<\|message\|>",
        r"<\|end\|>|<\|call\|>|(?=<\|start\|>)|(?=<\|channel\|>\s*final)",
    ),
    # The same where a server leaves the special tokens out.
    (r"(?-i:analysis(?=[A-Z]))", r"assistantfinal"),
    # Words in angle brackets, as most others have: <think>, <thinking>, <seed:think>, <longcat_think>.
    (
        r"<(?P<name>\|?(?:\w{1,20}[:_-])?"
        r"(?:think|thinking|thought|thoughts|reason|reasoning|reflection|scratchpad|monologue)"
        r"(?:[:_-](?:start|begin))?\|?)>",
        None,
    ),
)

_FLAGS = re.IGNORECASE

LONGEST_MARK = 128
"""Characters of the longest mark."""

_ASIDE = (
    # Harmony's way to the answer, and other models' marks around it.
    r"<\|start\|>\s*assistant",
    r"<\|channel\|>\s*final[^<]{0,60}<\|message\|>",
    r"<\|message\|>",
    r"<\|begin_of_solution\|>",
    r"<\|START_(?:RESPONSE|TEXT)\|>",
)
"""Marks that open the answer itself."""

_AT_THE_END = (
    r"<\|end_of_solution\|>",
    r"<\|END_(?:RESPONSE|TEXT)\|>",
    r"<\|(?:end|return|im_end|eot_id|endoftext|end_of_text|eom_id)\|>",
    r"<end_of_turn>",
    r"</s>",
)
"""Marks that end the answer itself."""

OPENING = re.compile("|".join(f"(?:{opening})" for opening, _ in _OPENINGS_AND_CLOSINGS), _FLAGS)
"""What opens a thought."""

ASIDE = re.compile("|".join(_ASIDE), _FLAGS)
"""What opens an answer that has marks of its own."""

ASIDE_AFTER_THOUGHT = re.compile(rf"{ASIDE.pattern}|<(?:answer|response)>", _FLAGS)
"""The same after a thought; before one these words may be what a person asked for."""

LONE_CLOSING = re.compile(
    r"</(?:\w{1,20}[:_-])?(?:think|thinking|thought|thoughts|reasoning)>|\[/THINK\]|◁/think▷"
    r"|<\|END_THINKING\|>|<channel\|>|<unused95>|<\|inner_suffix\|>|<\|end_of_thought\|>",
    _FLAGS,
)
"""What closes a thought that a prompt's template has opened."""

_ENDING = rf"(?:</(?:answer|response)>|{'|'.join(_AT_THE_END)})\s*"
_ENDINGS = re.compile(rf"(?:{_ENDING})+\Z", _FLAGS)
_BARE_ENDINGS = re.compile(rf"(?:(?:{'|'.join(_AT_THE_END)})\s*)+\Z", _FLAGS)

_OPENING_BEGUN = re.compile(
    r"<[^>\n]{0,80}(?:>\s{0,2}\w{0,12}\s{0,2}(?:<[^>\n]{0,80})?)?\Z"
    r"|\[(?:T(?:H(?:I(?:N(?:K)?)?)?)?)?\Z|◁(?:t(?:h(?:i(?:n(?:k)?)?)?)?)?\Z",
    _FLAGS,
)
_HARMONY_WORD = "analysis"
_BEGUN = r"(?:</?\|?[\w:-]{0,24}\|?|\[(?:/(?:T(?:H(?:I(?:N(?:K)?)?)?)?)?)?|◁(?:/\w{0,5})?)"
_MARK_BEGUN = re.compile(rf"(?:{_ENDING})*{_BEGUN}\Z", _FLAGS)


def closing_of(opening: re.Match[str]) -> re.Pattern[str]:
    """What closes the thought that a match of `OPENING` opens."""
    mark = opening.group()
    for pattern, closing in _OPENINGS_AND_CLOSINGS:
        # What a pattern looks ahead for is not in the match.
        if closing is not None and re.match(pattern, mark + "A", _FLAGS):
            return re.compile(closing, _FLAGS)
    return _closing_of_word(opening["name"])


def may_become_opening(text: str) -> bool:
    """Whether a text may be the first part of a mark that opens a thought or an answer."""
    if len(text) > LONGEST_MARK:
        return False
    return not text or _HARMONY_WORD.startswith(text) or bool(_OPENING_BEGUN.match(text))


def unfinished_mark(text: str) -> int:
    """Where in a text something begins that may become a mark; its length if nothing does."""
    start = max(0, len(text) - LONGEST_MARK)
    tail = text[start:]
    found = _ENDINGS.search(tail) or _MARK_BEGUN.search(tail)
    return start + found.start() if found is not None else len(text)


def is_ending(text: str, *, after_thought: bool) -> bool:
    """Whether a text is nothing but marks that a server should have taken from an answer's end.

    Args:
        text: The end of an answer.
        after_thought: Whether the answer came after a thought, and so may have marks around it.
    """
    pattern = _ENDINGS if after_thought else _BARE_ENDINGS
    return pattern.fullmatch(text) is not None


def _closing_of_word(name: str) -> re.Pattern[str]:
    bare = re.sub(r"[:_-](?:start|begin)$", "", name.strip("|"), flags=_FLAGS)
    word = re.escape(bare)
    return re.compile(rf"<\|?/{word}\|?>|<\|?{word}[:_-]end\|?>|<\|?end[:_-]{word}\|?>", _FLAGS)
