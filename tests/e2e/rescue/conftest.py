"""A server of these tests' own, as for those of hosting: they end workers, which would take others' rooms."""

from __future__ import annotations

from tests.e2e.hosting.conftest import isolation, livekit_server, rooms, token

__all__ = ["isolation", "livekit_server", "rooms", "token"]
