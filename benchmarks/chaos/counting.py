"""What one person saw, counted. No I/O."""

from collections.abc import Iterator, Sequence

from benchmarks.chaos.deaths import Death, alive
from benchmarks.chaos.figures import RoomFigures, Span
from benchmarks.chaos.questions import answers_within, has_notice, words_begun, words_whole
from benchmarks.chaos.seen import Asked, Bubble, Presence, Seen

ANSWER_LIMIT = 30.0
"""Seconds after which a question without a whole reply is lost."""

SHORTEST_SILENCE = 2.0
"""Seconds of waiting that are worth telling."""


def count(seen: Seen, deaths: Sequence[Death] = ()) -> RoomFigures:
    """Work out what went wrong in a room.

    Args:
        seen: What a person saw there.
        deaths: When its agents died, which cannot be seen.
    """
    repeated = {asked.instead_of for asked in seen.asked}
    begun = {word for bubble in seen.bubbles for word in words_begun(bubble.text)}
    waits = [_answered_after(asked, seen.bubbles) for asked in seen.asked]
    missing = [
        (asked, wait)
        for asked, wait in zip(seen.asked, waits, strict=True)
        if wait is None or wait > ANSWER_LIMIT
    ]
    # One that was begun and has no end is half, which is counted by itself.
    late = [asked for asked, wait in missing if wait is not None]
    lost = [asked for asked, wait in missing if wait is None and asked.word not in begun]
    cut = [bubble for bubble in seen.bubbles if _is_half(bubble)]
    sealed = sum(has_notice(bubble.text) for bubble in cut)
    return RoomFigures(
        room=seen.room,
        questions=len(seen.asked),
        answered=len(seen.asked) - len(missing),
        lost=sum(asked.word not in repeated for asked in (*late, *lost)),
        late=sum(asked.word not in repeated for asked in late),
        again=len(repeated - {None}),
        doubled=sum(_is_doubled(asked.word, seen.bubbles) for asked in seen.asked),
        half=len(cut) - sealed,
        sealed=sealed,
        together=len(find_together(seen.presences)),
        forsaken=all(presence.until is not None for presence in seen.presences),
        absences=find_absences(alive(seen.presences, deaths), seen.until),
        silences=[
            (since, until)
            for since, until in find_silences(seen)
            if until - since >= SHORTEST_SILENCE
        ],
    )


def find_absences(presences: Sequence[Presence], until: float) -> list[Span]:
    """Find when nobody was there, after somebody was there for the first time."""
    spans = []
    gone_at: float | None = None
    for presence in sorted(presences, key=lambda each: each.since):
        if gone_at is not None and presence.since > gone_at:
            spans.append((gone_at, presence.since))
        gone_at = max(
            gone_at or presence.since, until if presence.until is None else presence.until
        )
    return [*spans, (gone_at, until)] if gone_at is not None and gone_at < until else spans


def find_together(presences: Sequence[Presence]) -> list[float]:
    """Find when somebody came while another one was there."""
    return [
        one.since
        for one in presences
        if any(
            other.since <= one.since and (other.until is None or other.until > one.since)
            for other in presences
            if other is not one and (other.since, other.sid) < (one.since, one.sid)
        )
    ]


def find_silences(seen: Seen) -> Iterator[Span]:
    """Find when somebody waited and no text came; a further question does not begin another wait."""
    waiting_since: float | None = None
    newest = ""
    for at, happened in _happened(seen):
        if isinstance(happened, Asked):
            newest = happened.word
            waiting_since = at if waiting_since is None else waiting_since
        elif waiting_since is not None:
            yield waiting_since, at
            # With the reply to the newest question nobody waits for the older ones.
            waiting_since = None if newest in happened else at
    if waiting_since is not None:
        yield waiting_since, seen.until


def _happened(seen: Seen) -> list[tuple[float, Asked | set[str]]]:
    """Everything in order: a question; a piece of text, with the words of which it was the end."""
    ends: dict[float, set[str]] = {at: set() for at in seen.grew_at}
    for bubble in seen.bubbles:
        for word, at in bubble.whole_at.items():
            ends.setdefault(at, set()).add(word)
    happened: list[tuple[float, Asked | set[str]]] = [*ends.items()]
    happened += [(asked.at, asked) for asked in seen.asked]
    return sorted(happened, key=lambda each: each[0])


def _answered_after(asked: Asked, bubbles: Sequence[Bubble]) -> float | None:
    times = [bubble.whole_at[asked.word] for bubble in bubbles if asked.word in bubble.whole_at]
    return min(times) - asked.at if times else None


def _is_doubled(word: str, bubbles: Sequence[Bubble]) -> bool:
    replies = [bubble for bubble in bubbles if word in words_begun(bubble.text)]
    return len(replies) > 1 or any(answers_within(each.text, word) > 1 for each in replies)


def _is_half(bubble: Bubble) -> bool:
    return bool(words_begun(bubble.text)) and not words_whole(bubble.text)
