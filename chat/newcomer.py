"""A participant who has written, and whom the room has not announced yet.

Programs ask a message for ``participant.identity``, and so did those for ``rtc.ChatManager``. The SDK
makes a participant when the room announces it, which can be three seconds after its first text.
"""

from __future__ import annotations

from livekit import rtc


def make_newcomer(identity: str) -> rtc.RemoteParticipant | None:
    """A participant of which only the identity is known.

    Returns:
        One whose other properties are empty, and whose kind is that of a standard participant. None
        if the installed SDK makes its participants in another way than livekit 1.1.21 and 1.2.1.
    """
    try:
        from livekit.rtc._proto.participant_pb2 import OwnedParticipant, ParticipantInfo

        return rtc.RemoteParticipant(OwnedParticipant(info=ParticipantInfo(identity=identity)))
    except (ImportError, AttributeError, TypeError, ValueError):
        return None


def announce(newcomer: rtc.RemoteParticipant, participant: rtc.RemoteParticipant) -> None:
    """Make a newcomer reflect the participant that the room has announced."""
    # The SDK updates the participant, and replaces parts of it: they must share all of it.
    newcomer.__dict__ = participant.__dict__
