"""The tables. Migrations make them; this is what statements are built from.

All times are seconds since the epoch. Those of `workers` and `rooms` are by the database's clock, the
others by that of whoever wrote the row.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

schema = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)
"""All tables."""

workers = Table(
    "worker",
    schema,
    Column("id", String(64), primary_key=True),
    # With these a worker on the same machine sees at once that this one is gone.
    Column("machine", String(200), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("process_started_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
)
"""The workers that live, or did until `expires_at`."""

rooms = Table(
    "room",
    schema,
    Column("agent_name", String(200), primary_key=True),
    Column("name", String(600), primary_key=True),
    Column("sid", String(64), nullable=False),
    Column("conversation_id", String(64)),
    # The worker that has it, or had it when it was lost; none of a room that stays without an agent.
    Column("owner", String(64), index=True),
    Column("epoch", BigInteger, nullable=False),
    # When the agent joined, in milliseconds by livekit-server's clock.
    Column("joined_at", BigInteger, nullable=False),
    Column("job_metadata", Text, nullable=False),
    # open, lost or closed.
    Column("state", String(16), nullable=False),
    Column("lost_at", Double),
    Column("tries", Integer, nullable=False),
    Column("not_before", Double, nullable=False),
    Column("changed_at", Double, nullable=False),
)
"""The rooms, and who has them."""

conversations = Table(
    "conversation",
    schema,
    Column("id", String(64), primary_key=True),
    Column("agent_name", String(200), nullable=False),
    # What it belongs to: room:NAME, named:NAME or person:IDENTITY.
    Column("key", String(1000), nullable=False),
    Column("created_at", Double, nullable=False),
    Column("changed_at", Double, nullable=False, index=True),
    Index("ix_conversation_key", "key", "agent_name"),
)
"""The conversations. Several may belong to the same key, one after the other."""

members = Table(
    "member",
    schema,
    Column(
        "conversation_id",
        ForeignKey("conversation.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("identity", String(600), primary_key=True),
    Column("joined_at", Double, nullable=False),
)
"""Who took part in a conversation: wrote or said something."""

turns = Table(
    "turn",
    schema,
    Column("id", String(64), primary_key=True),
    Column("conversation_id", ForeignKey("conversation.id", ondelete="CASCADE"), nullable=False),
    # The sid of the room in which it was: another each time that the room is opened.
    Column("room_sid", String(64), nullable=False),
    Column("created_at", Double, nullable=False),
    Column("ended_at", Double),
    Column("outcome", String(16)),
    Column("attempts", Integer, nullable=False),
    Column("reply_id", String(200)),
    Column("reply_text", Text),
    Column("reply_kept", Text),
    Column("delivered", Boolean, nullable=False),
    Column("answer", Text),
    Index("ix_turn_conversation_id", "conversation_id", "created_at"),
)
"""The turns, each with its reply."""

questions = Table(
    "question",
    schema,
    Column(
        "conversation_id",
        ForeignKey("conversation.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("author", String(600), primary_key=True),
    Column("id", String(600), primary_key=True),
    # No foreign key: a question is written when it comes, its turn when that begins.
    Column("turn_id", String(64), index=True),
    Column("room_sid", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("asked_at", Double, nullable=False),
    Column("spoken", Boolean, nullable=False),
    # A list as JSON; none if nothing came with it.
    Column("files", Text),
)
"""What people wrote and said."""
