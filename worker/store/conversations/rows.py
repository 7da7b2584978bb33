"""What is kept, as rows, and rows as what was kept. No I/O."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping

from assistant.memory.kept import KeptQuestion, KeptReply, KeptTurn
from assistant.turns.turn import Outcome, UnreadFile

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""PostgreSQL holds no NUL, and UTF-8 no lone surrogate."""

_REPLACEMENT = "\ufffd"

Row = dict[str, Any]
"""Values by the names of their columns."""


def storable(text: str) -> str:
    """Replace what not every database holds by U+FFFD."""
    if _UNSTORABLE.search(text) is None:
        return text
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\0", _REPLACEMENT)


def cleaned(row: Mapping[str, Any]) -> Row:
    """Return a row of which all texts are storable."""
    return {key: storable(value) if isinstance(value, str) else value for key, value in row.items()}


def question_row(question: KeptQuestion) -> Row:
    """Return a question's row, but for where it belongs."""
    files = [vars(file) for file in question.files]
    return cleaned(
        {
            "author": question.author,
            "id": question.id,
            "turn_id": question.turn_id,
            "name": question.name,
            "text": question.text,
            "asked_at": question.asked_at,
            "spoken": question.spoken,
            "files": json.dumps(files) if files else None,
        }
    )


def turn_row(turn: KeptTurn) -> Row:
    """Return a turn's row, but for where it belongs."""
    reply = turn.reply
    return cleaned(
        {
            "id": turn.id,
            "created_at": turn.created_at,
            "ended_at": turn.ended_at,
            "outcome": turn.outcome.value if turn.outcome else None,
            "attempts": turn.attempts,
            "reply_id": reply.message_id if reply else None,
            "reply_text": reply.text if reply else None,
            "reply_kept": reply.kept if reply else None,
            "delivered": reply.delivered if reply else False,
            "answer": turn.answer,
        }
    )


def question_of(row: RowMapping) -> KeptQuestion:
    """Return the question of a row."""
    files = json.loads(row["files"]) if row["files"] else []
    return KeptQuestion(
        author=row["author"],
        id=row["id"],
        name=row["name"],
        text=row["text"],
        asked_at=row["asked_at"],
        turn_id=row["turn_id"],
        spoken=row["spoken"],
        files=tuple(UnreadFile(**file) for file in files),
    )


def turn_of(row: RowMapping) -> KeptTurn:
    """Return the turn of a row."""
    reply = None
    if row["reply_id"] is not None:
        reply = KeptReply(
            row["reply_id"], row["reply_text"] or "", row["reply_kept"] or "", row["delivered"]
        )
    return KeptTurn(
        id=row["id"],
        created_at=row["created_at"],
        ended_at=row["ended_at"],
        outcome=_outcome(row["outcome"]),
        attempts=row["attempts"],
        reply=reply,
        answer=row["answer"],
    )


def _outcome(value: str | None) -> Outcome | None:
    try:
        return Outcome(value) if value is not None else None
    except ValueError:  # A newer version's, of a worker beside this one.
        return Outcome.DONE
