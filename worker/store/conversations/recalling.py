"""What is remembered of a conversation, in two statements, or three where it is of several openings."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, exists, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from assistant.memory.kept import KeptQuestion, KeptTurn, RecalledTurn, Recollection
from assistant.turns.turn import UNKNOWN
from worker.store.database.schema import questions, turns

from .rows import question_of, turn_of

WAITING_AGE = 300.0
"""Seconds after which nobody expects an answer to a question any more."""


@dataclass(frozen=True)
class Reach:
    """How far back one remembers."""

    turns: int = 500
    """How many turns at most."""

    size: int = 200_000
    """How many bytes of text at most, but the newest turn in any case: it may be half a reply."""


async def recall(
    connection: AsyncConnection,
    conversation_id: str,
    room_sid: str,
    reach: Reach,
    away_since: float | None = None,
) -> Recollection:
    """Read what is remembered of a conversation."""
    newest = _newest(conversation_id, reach)
    found = [(row, turn_of(row)) for row in (await connection.execute(newest)).mappings()]
    ids = [turn.id for _, turn in found]
    asked = await _asked(
        connection, conversation_id, or_(questions.c.turn_id.in_(ids), _is_waiting(room_sid))
    )
    of_turns: dict[str, list[KeptQuestion]] = {turn.id: [] for _, turn in found}
    waiting: list[KeptQuestion] = []
    for question in asked:
        of_turns.get(question.turn_id or "", waiting).append(question)
    has_earlier = any(row["room_sid"] != room_sid for row, _ in found)
    insiders = await _insiders(connection, conversation_id, room_sid) if has_earlier else {}
    recalled = [
        RecalledTurn(
            turn,
            tuple(of_turns[turn.id]),
            row["room_sid"] != room_sid,
            insiders.get(row["room_sid"], frozenset()),
        )
        for row, turn in found
    ]
    kept = list(_within(recalled, reach.size))[::-1]
    return Recollection(tuple(kept), tuple(waiting), away_since)


async def waiting_questions(
    connection: AsyncConnection, conversation_id: str, room_sid: str
) -> list[KeptQuestion]:
    """Read the questions that nobody has begun to answer, oldest first."""
    return await _asked(connection, conversation_id, _is_waiting(room_sid))


def _newest(conversation_id: str, reach: Reach) -> Select[tuple[object, ...]]:
    """The newest turns, and no more of them than may be remembered, as a text is loaded as a whole."""
    lengths = (func.coalesce(func.length(text), 0) for text in (turns.c.reply_text, turns.c.answer))
    order = (turns.c.created_at.desc(), turns.c.id.desc())
    newest = (
        select(turns, sum(lengths, start=literal(0)).label("length"))
        .where(turns.c.conversation_id == conversation_id)
        .order_by(*order)
        .limit(reach.turns)
        .subquery()
    )
    latest = (newest.c.created_at.desc(), newest.c.id.desc())
    so_far = func.sum(newest.c.length).over(order_by=latest, rows=(None, 0))
    summed = select(newest, (so_far - newest.c.length).label("later")).subquery()
    columns = [summed.c[column.name] for column in turns.c]
    return (
        select(*columns)
        .where(summed.c.later <= reach.size)
        .order_by(summed.c.created_at.desc(), summed.c.id.desc())
    )


def _is_waiting(room_sid: str) -> ColumnElement[bool]:
    """Whether a question waits for an answer. One of another opening does not: its author has left."""
    return (
        (questions.c.room_sid == room_sid)
        & (questions.c.asked_at > time.time() - WAITING_AGE)
        # The turn may have been forgotten, or not be written yet.
        & ~exists().where(turns.c.id == questions.c.turn_id)
    )


async def _asked(
    connection: AsyncConnection, conversation_id: str, condition: ColumnElement[bool]
) -> list[KeptQuestion]:
    found = await connection.execute(
        select(questions)
        .where(questions.c.conversation_id == conversation_id, condition)
        .order_by(questions.c.asked_at, questions.c.author, questions.c.id)
    )
    return [question_of(row) for row in found.mappings()]


async def _insiders(
    connection: AsyncConnection, conversation_id: str, room_sid: str
) -> dict[str, frozenset[str]]:
    """Who took part each time that the room was open before, by its sid.

    Those who joined later are members of the conversation, too, but know nothing from before.
    """
    found = await connection.execute(
        select(questions.c.room_sid, questions.c.author)
        .where(
            questions.c.conversation_id == conversation_id,
            questions.c.room_sid != room_sid,
            questions.c.author != UNKNOWN,
        )
        .distinct()
    )
    authors: dict[str, set[str]] = {}
    for row in found:
        authors.setdefault(row.room_sid, set()).add(row.author)
    return {sid: frozenset(those) for sid, those in authors.items()}


def _within(newest_first: Iterable[RecalledTurn], size: int) -> Iterator[RecalledTurn]:
    left = size
    for number, recalled in enumerate(newest_first):
        left -= _size(recalled.turn, recalled.questions)
        if left < 0 and number:
            return
        yield recalled


def _size(turn: KeptTurn, asked: Iterable[KeptQuestion]) -> int:
    texts = [question.text for question in asked] + [turn.answer or ""]
    if turn.reply:
        texts.append(turn.reply.text)
    return sum(len(text.encode(errors="replace")) for text in texts)
