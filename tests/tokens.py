"""Access tokens for the participants of a test."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal, Protocol

from livekit import api, rtc

from worker.devstack.livekit_server import LiveKitServer

ParticipantKind = Literal["standard", "egress", "ingress", "sip", "agent"]


class MintToken(Protocol):
    """Mints a token that lets a participant join a room."""

    def __call__(
        self,
        identity: str,
        room: str,
        *,
        name: str = "",
        kind: ParticipantKind = "standard",
        attributes: dict[str, str] | None = None,
        can_update_own_metadata: bool = True,
    ) -> str: ...


Join = Callable[[str], Awaitable[rtc.Room]]
"""Joins a test's room under an identity."""


def token_minter(server: LiveKitServer) -> MintToken:
    """Return what mints tokens for rooms on `server`."""

    def mint(
        identity: str,
        room: str,
        *,
        name: str = "",
        kind: ParticipantKind = "standard",
        attributes: dict[str, str] | None = None,
        can_update_own_metadata: bool = True,
    ) -> str:
        grants = api.VideoGrants(
            room_join=True, room=room, can_update_own_metadata=can_update_own_metadata
        )
        return (
            api.AccessToken(server.api_key, server.api_secret)
            .with_identity(identity)
            .with_name(name)
            .with_kind(kind)
            .with_attributes(attributes or {})
            .with_grants(grants)
            .to_jwt()
        )

    return mint
