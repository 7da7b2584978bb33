"""What is kept of questions and turns as they stand. No I/O."""

from __future__ import annotations

from assistant.turns.turn import Question, Turn

from .answers import answer_json
from .kept import KeptQuestion, KeptReply, KeptTurn
from .times import since_epoch


def question_snapshot(question: Question, turn: Turn | None) -> KeptQuestion:
    """A question as it stands.

    Args:
        question: The question.
        turn: The turn that it belongs to; None if nobody has begun to answer it.
    """
    return KeptQuestion(
        author=question.identity,
        id=question.id,
        name=question.name,
        text=question.text,
        asked_at=since_epoch(question.asked_at),
        turn_id=None if turn is None else turn.id,
        spoken=question.spoken,
        files=question.files,
    )


def open_snapshot(turn: Turn, shown: str) -> KeptTurn:
    """A turn that is being answered.

    Args:
        turn: The turn.
        shown: What was sent of the attempt that runs; empty if nothing was.
    """
    bubble = turn.bubble
    text, kept = (shown, shown) if shown else (bubble.text, bubble.kept)
    return KeptTurn(
        id=turn.id,
        created_at=turn.created_at,
        attempts=turn.attempts,
        reply=KeptReply(bubble.message_id, text, kept),
    )


def withdrawn_snapshot(turn: Turn) -> KeptTurn:
    """A turn whose answer is being taken back: nothing of its text is kept."""
    reply = KeptReply(turn.bubble.message_id)
    return KeptTurn(id=turn.id, created_at=turn.created_at, attempts=turn.attempts, reply=reply)


def ended_snapshot(turn: Turn, *, delivered: bool) -> KeptTurn:
    """A turn that was answered, or overheard.

    Args:
        turn: The turn.
        delivered: Whether all of its answer reached people, or was given up.
    """
    bubble = turn.bubble
    reply = KeptReply(bubble.message_id, bubble.text, bubble.kept, delivered)
    return KeptTurn(
        id=turn.id,
        created_at=turn.created_at,
        ended_at=since_epoch(turn.ended_at),
        outcome=turn.outcome,
        attempts=turn.attempts,
        reply=reply if bubble.text else None,
        answer=answer_json(turn.answer, bubble.kept),
    )
