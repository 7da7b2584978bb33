"""Whether a mark ends a sentence: abbreviations, numbers and initials have full stops, too. No I/O."""

from __future__ import annotations

import regex

SENTENCE_MARK = regex.compile(r"\p{Sentence_Terminal}")
"""What ends a sentence in any language."""

SPACED_MARKS = frozenset(".!?")
"""Those that end one only if white space follows; the others stand in texts without spaces."""

CLOSERS = frozenset("\"'\u201d\u2019\u00bb\u00ab\u201c)]}*_~`\u300d\u300f\uff09\u3011\u300b\u3009")
"""What may stand between a mark and the next sentence: quotes, brackets, Markdown's emphasis."""

# What many sentences end with, like "etc.", is left out.
_ABBREVIATIONS = regex.compile(
    r"""al|approx|bzw|ca|cf|dr|ed|est|evtl|fig|ggf|hr|inc|jr|lt|max|mgr|min|mr|mrs|ms|no|nr|op|pp?|prof
    |rev|resp|s|sog|sra?|st|str|tel|vgl|vol|vs|zb|art|av|cap|env|mme|mlle|n\u00fam|p\u00e1g|uds?
    |jan|feb|mar|apr|jun|jul|aug|sept?|o[ck]t|nov|de[cz]""",
    regex.IGNORECASE | regex.VERBOSE,
)
_INITIALS = regex.compile(r"(?:\p{L}\.)+")
_SHORT_NUMBER = regex.compile(r"\d{1,2}\.")


def ends_sentence(word: str, following: str) -> bool:
    """Whether a sentence ends between a word and the next character that is no white space.

    Numbers of two digits do not end one, as they stand before the items of a list and in dates. It is
    better to speak two sentences together than to stop within one.

    Args:
        word: The last word with its mark and what closes it, as in ``done.)``. The mark is one of
            `SPACED_MARKS`.
        following: The character after the white space.
    """
    if following.islower():
        return False
    bare = word.strip("".join(CLOSERS) + "([{\u00bf\u00a1")
    if not bare.endswith(".") or bare.endswith(".."):
        return True
    if _INITIALS.fullmatch(bare) or _SHORT_NUMBER.fullmatch(bare):
        return False
    return _ABBREVIATIONS.fullmatch(bare[:-1]) is None
