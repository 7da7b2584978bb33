"""Which conversation goes on in a room: found by the room's sid, or chosen by the first person."""

from __future__ import annotations

import secrets
import time
from functools import partial

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from worker.store.database.schema import conversations, members, rooms
from worker.store.database.transactions import OwnTransactions
from worker.store.database.upserts import upsert

from .room_opening import Conversation, Opening, RoomPlace
from .rows import storable

_ID_BYTES = 16


async def settle(store: OwnTransactions, opening: Opening) -> None:
    """Do what is still to be done of these: claim a room, find its conversation, or choose it.

    What was done stays done if the rest fails.

    Raises:
        StoreError: The store fails.
    """
    async with opening.lock:
        await _claim(opening)
        if opening.current is not None or not opening.sid:
            return
        needs_one = opening.needs_conversation
        work = partial(_find_or_choose, opening, needs_one)
        found = await store.transact(work, writes=needs_one)
        opening.conversation = found or opening.conversation


async def _find_or_choose(
    opening: Opening, needs_one: bool, connection: AsyncConnection
) -> Conversation | None:
    left = opening.conversation
    found = await _find(connection, opening, left)
    if found is None and needs_one and not opening.is_closed:
        return await _choose(connection, opening, left)
    return found


async def _claim(opening: Opening) -> None:
    if opening.claimed or opening.is_replaced or opening.joined_at is None:
        return
    opening.claimed = await opening.claim.claim(opening.sid, opening.joined_at)
    if opening.claimed is None:
        opening.replace()


async def _find(
    connection: AsyncConnection, opening: Opening, left: Conversation | None
) -> Conversation | None:
    """Find the conversation of this opening of the room; None if it is the one that is left."""
    found = await connection.execute(
        select(rooms.c.sid, rooms.c.conversation_id, conversations.c.key)
        .join_from(
            rooms, conversations, conversations.c.id == rooms.c.conversation_id, isouter=True
        )
        .where(_is_room(opening.place))
    )
    row = found.one_or_none()
    if row is not None and row.sid != opening.sid:
        opening.is_closed = True
        opening.replace()
        return None
    if row is None or row.conversation_id is None or (left and row.conversation_id == left.id):
        return None
    # It may have been deleted because it was old; it begins anew with what is written next.
    return Conversation(row.conversation_id, row.key or storable(opening.place.shared_key))


async def _choose(
    connection: AsyncConnection, opening: Opening, left: Conversation | None
) -> Conversation | None:
    """Choose a conversation, unless somebody else has; None if the room was opened again."""
    place, author = opening.place, storable(opening.author or "")
    key = storable(place.shared_key if opening.is_shared else place.key_for(author))
    known = None
    # What is said before several belongs to nobody of them, and nobody knows who else is there.
    if not (left or (opening.is_shared and place.scope == "person" and place.named is None)):
        known = await _newest_of(connection, place.agent_name, key, author)
    chosen = Conversation(known or secrets.token_hex(_ID_BYTES), key)
    expected = or_(
        rooms.c.conversation_id.is_(None),
        rooms.c.conversation_id == (left.id if left else None),
    )
    taken = await connection.execute(
        update(rooms)
        .where(_is_room(place), rooms.c.sid == opening.sid, expected)
        .values(conversation_id=chosen.id)
    )
    if not taken.rowcount:
        found = await _find(connection, opening, left)
        if found is not None or opening.is_closed:
            return found
    await touch(connection, place.agent_name, {chosen})
    return chosen


async def _newest_of(
    connection: AsyncConnection, agent_name: str, key: str, identity: str
) -> str | None:
    """The newest conversation under a key in which somebody took part."""
    if not identity:
        return None
    found: str | None = await connection.scalar(
        select(conversations.c.id)
        .join_from(conversations, members, members.c.conversation_id == conversations.c.id)
        .where(
            conversations.c.key == key,
            conversations.c.agent_name == agent_name,
            members.c.identity == identity,
        )
        .order_by(conversations.c.changed_at.desc(), conversations.c.id)
        .limit(1)
    )
    return found


async def touch(connection: AsyncConnection, agent_name: str, changed: set[Conversation]) -> None:
    """Note that conversations were changed now; those that are not there yet, or any more, are made."""
    now = time.time()
    await connection.execute(
        upsert(connection, conversations, ("changed_at",)),
        [
            {
                "id": each.id,
                "agent_name": agent_name,
                "key": each.key,
                "created_at": now,
                "changed_at": now,
            }
            # In one order, so that two workers do not wait for each other.
            for each in sorted(changed, key=lambda each: each.id)
        ],
    )


def _is_room(place: RoomPlace) -> ColumnElement[bool]:
    return (rooms.c.agent_name == place.agent_name) & (rooms.c.name == place.room)
