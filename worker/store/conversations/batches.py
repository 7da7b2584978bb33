"""One batch of changes, written in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Delete, bindparam, delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from assistant.memory.kept import KeptQuestion, KeptTurn
from assistant.turns.turn import UNKNOWN
from worker.store.database.schema import members, questions, rooms, turns
from worker.store.database.upserts import upsert

from .conversations import touch
from .entries import Entry, ForgottenQuestion, ForgottenTurn
from .room_opening import Conversation
from .rows import Row, question_row, storable, turn_row

_TURN = tuple(c.name for c in turns.c if c.name not in {"id", "conversation_id", "room_sid"})
_QUESTION = ("turn_id", "name", "text", "asked_at", "spoken", "files")
"""What a newer state changes. A turn, or a question, stays where it was said."""

_FORGET_QUESTION: Delete = delete(questions).where(
    questions.c.conversation_id == bindparam("in_conversation"),
    questions.c.author == bindparam("of_author"),
    questions.c.id == bindparam("with_id"),
)
_FORGET_TURN: Delete = delete(turns).where(turns.c.id == bindparam("with_id"))


async def write_batch(connection: AsyncConnection, batch: Sequence[Entry]) -> None:
    """Write changes, but for what is said of turns by rooms that have another agent, which are told.

    Args:
        connection: In a transaction.
        batch: One change for each key; what has no home is left out.
    """
    await _note_replaced(connection, batch)
    written = [each for each in batch if each.home is not None and _may_write(each)]
    for agent_name in sorted({each.opening.place.agent_name for each in written}):
        changed = {
            home
            for each in written
            if each.opening.place.agent_name == agent_name and (home := each.home)
        }
        await touch(connection, agent_name, changed)
    for statement, rows in _statements(connection, written):
        if rows:
            await connection.execute(statement, rows)


def _may_write(entry: Entry) -> bool:
    """Whether a change counts. A question is a fact, whoever has heard it."""
    is_of_turn = isinstance(entry.change, KeptTurn | ForgottenTurn)
    return not (is_of_turn and entry.opening.is_replaced)


async def _note_replaced(connection: AsyncConnection, batch: Iterable[Entry]) -> None:
    """Look up in which epochs the rooms are, which stay so until the transaction ends."""
    openings = {each.opening for each in batch}
    names = sorted({(each.place.agent_name, each.place.room) for each in openings})
    found = await connection.execute(
        select(rooms.c.agent_name, rooms.c.name, rooms.c.epoch)
        .where(tuple_(rooms.c.agent_name, rooms.c.name).in_(names))
        .order_by(rooms.c.agent_name, rooms.c.name)
        .with_for_update(read=True)
    )
    epochs = {(row.agent_name, row.name): row.epoch for row in found}
    for opening in openings:
        epoch = epochs.get((opening.place.agent_name, opening.place.room))
        if opening.claimed and epoch is not None and epoch != opening.claimed.epoch:
            opening.replace()


def _statements(
    connection: AsyncConnection, written: Iterable[Entry]
) -> Iterable[tuple[Any, list[Row]]]:
    joined: dict[tuple[str, str], Row] = {}
    asked: list[Row] = []
    # What an agent says that is not the room's any more is no news to the one that is.
    heard: list[Row] = []
    answered: list[Row] = []
    questions_gone: list[Row] = []
    turns_gone: list[Row] = []
    for entry in written:
        change, place = entry.change, _place(entry)
        if isinstance(change, KeptQuestion):
            row = place | question_row(change)
            (heard if entry.opening.is_replaced else asked).append(row)
            if change.author != UNKNOWN:
                member = _member(row)
                joined.setdefault((member["conversation_id"], member["identity"]), member)
        elif isinstance(change, KeptTurn):
            answered.append(place | turn_row(change))
        elif isinstance(change, ForgottenQuestion):
            questions_gone.append(
                {
                    "in_conversation": place["conversation_id"],
                    "of_author": storable(change.author),
                    "with_id": storable(change.id),
                }
            )
        else:
            turns_gone.append({"with_id": storable(change.id)})
    return (
        (upsert(connection, members, ()), list(joined.values())),
        (upsert(connection, questions, _QUESTION), asked),
        (upsert(connection, questions, ()), heard),
        (upsert(connection, turns, _TURN), answered),
        (_FORGET_QUESTION, questions_gone),
        (_FORGET_TURN, turns_gone),
    )


def _place(entry: Entry) -> Row:
    home: Conversation | None = entry.home
    return {"conversation_id": home.id if home else "", "room_sid": entry.opening.sid}


def _member(question: Row) -> Row:
    return {
        "conversation_id": question["conversation_id"],
        "identity": question["author"],
        "joined_at": question["asked_at"],
    }
