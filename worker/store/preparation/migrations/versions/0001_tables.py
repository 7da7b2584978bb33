"""Workers, rooms, conversations with their members, turns and questions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    _make_ownership()
    _make_conversations()
    _make_turns()


def _make_ownership() -> None:
    op.create_table(
        "worker",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("machine", sa.String(200), nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("process_started_at", sa.Double, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False),
    )
    op.create_table(
        "room",
        sa.Column("agent_name", sa.String(200), primary_key=True),
        sa.Column("name", sa.String(600), primary_key=True),
        sa.Column("sid", sa.String(64), nullable=False),
        sa.Column("conversation_id", sa.String(64)),
        sa.Column("owner", sa.String(64), index=True),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("joined_at", sa.BigInteger, nullable=False),
        sa.Column("job_metadata", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("lost_at", sa.Double),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("not_before", sa.Double, nullable=False),
        sa.Column("changed_at", sa.Double, nullable=False),
    )


def _make_conversations() -> None:
    op.create_table(
        "conversation",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("agent_name", sa.String(200), nullable=False),
        sa.Column("key", sa.String(1000), nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("changed_at", sa.Double, nullable=False, index=True),
    )
    op.create_index("ix_conversation_key", "conversation", ["key", "agent_name"])
    op.create_table(
        "member",
        _conversation_id(primary_key=True),
        sa.Column("identity", sa.String(600), primary_key=True),
        sa.Column("joined_at", sa.Double, nullable=False),
    )


def _make_turns() -> None:
    op.create_table(
        "turn",
        sa.Column("id", sa.String(64), primary_key=True),
        _conversation_id(),
        sa.Column("room_sid", sa.String(64), nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("ended_at", sa.Double),
        sa.Column("outcome", sa.String(16)),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("reply_id", sa.String(200)),
        sa.Column("reply_text", sa.Text),
        sa.Column("reply_kept", sa.Text),
        sa.Column("delivered", sa.Boolean, nullable=False),
        sa.Column("answer", sa.Text),
    )
    op.create_index("ix_turn_conversation_id", "turn", ["conversation_id", "created_at"])
    op.create_table(
        "question",
        _conversation_id(primary_key=True),
        sa.Column("author", sa.String(600), primary_key=True),
        sa.Column("id", sa.String(600), primary_key=True),
        sa.Column("turn_id", sa.String(64), index=True),
        sa.Column("room_sid", sa.String(64), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("asked_at", sa.Double, nullable=False),
        sa.Column("spoken", sa.Boolean, nullable=False),
        sa.Column("files", sa.Text),
    )


def _conversation_id(*, primary_key: bool = False) -> sa.Column[str]:
    owner = sa.ForeignKey("conversation.id", ondelete="CASCADE")
    return sa.Column(
        "conversation_id", sa.String(64), owner, primary_key=primary_key, nullable=False
    )
