"""The tokens of those that join a room without having been dispatched to it."""

from __future__ import annotations

import os
from datetime import timedelta

from livekit import api
from livekit.agents.types import ATTRIBUTE_AGENT_NAME

VALIDITY = timedelta(hours=1)
"""What LiveKit gives those that it dispatches. It only counts while joining."""


def agent_token(room: str, identity: str, *, name: str, agent_name: str) -> str:
    """Return a token with all that a dispatched agent's has.

    It is signed with the worker's own key, which livekit-agents has in the environment.

    Args:
        room: The room's name.
        identity: The agent's identity there.
        name: What people see as its name.
        agent_name: The name under which it is dispatched; empty for automatic dispatch.
    """
    grants = api.VideoGrants(
        room_join=True,
        room=room,
        agent=True,
        hidden=False,
        can_publish=True,
        can_subscribe=True,
        can_publish_data=True,
        can_update_own_metadata=True,
    )
    attributes = {ATTRIBUTE_AGENT_NAME: agent_name}
    return _token(identity, grants).with_name(name).with_attributes(attributes).to_jwt()


def listener_token(room: str, identity: str) -> str:
    """Return a token for somebody whom nobody sees, and who only receives what is sent to all.

    Like an agent, it does not keep a room open, nor count among those that a room has places for.

    Args:
        room: The room's name.
        identity: Its identity there.
    """
    grants = api.VideoGrants(
        room_join=True,
        room=room,
        hidden=True,
        can_publish=False,
        can_subscribe=True,
        can_publish_data=False,
        can_update_own_metadata=False,
    )
    return _token(identity, grants).to_jwt()


def _token(identity: str, grants: api.VideoGrants) -> api.AccessToken:
    return (
        api.AccessToken(os.environ["LIVEKIT_API_KEY"], os.environ["LIVEKIT_API_SECRET"])
        .with_identity(identity)
        .with_kind("agent")
        .with_ttl(VALIDITY)
        .with_grants(grants)
    )
