"""Rooms on the server that is measured with: tokens for them."""

from typing import Literal

from livekit import api

from worker.devstack.livekit_server import LiveKitServer


def mint_token(
    server: LiveKitServer, room: str, identity: str, kind: Literal["standard", "agent"] = "standard"
) -> str:
    """Make the token with which a client, or an agent, joins ``room``."""
    return (
        api.AccessToken(server.api_key, server.api_secret)
        .with_identity(identity)
        .with_kind(kind)
        .with_grants(api.VideoGrants(room_join=True, room=room))
        .to_jwt()
    )
