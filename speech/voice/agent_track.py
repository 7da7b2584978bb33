"""The agent's one track in a room, on which it speaks."""

from __future__ import annotations

import asyncio
import logging

from livekit import rtc

from chat import OwnedTasks, failure_fields

from .sound import SPOKEN_RATE

logger = logging.getLogger(__name__)

NAME = "voice"
"""The track's name."""

SOURCE = rtc.TrackSource.SOURCE_MICROPHONE
"""What clients play without being asked to."""

QUEUE_SECONDS = 0.2
"""How much sound waits in native code, so that a busy event loop is not heard."""

PUBLISH_LIMIT = 5.0
"""Seconds in which the track is published."""

UNPUBLISH_LIMIT = 2.0
"""Seconds in which it is taken back."""

SUBSCRIBE_LIMIT = 2.0
"""Seconds that the first sound waits for somebody who hears it."""

PLAY_LIMIT = 5.0
"""Seconds in which a frame is taken."""


class NotPlayedError(Exception):
    """Native code did not take a frame."""


class AgentTrack:
    """Published at the first sound, and until `rest` or `aclose`."""

    def __init__(self, room: rtc.Room) -> None:
        self._room = room
        self._tasks = OwnedTasks()
        self._opening: asyncio.Task[bool] | None = None
        self._taking: asyncio.Task[None] | None = None
        self._source: rtc.AudioSource | None = None
        self._publication: rtc.LocalTrackPublication | None = None
        self._is_awaited = False
        self._subscribed = asyncio.Event()

    @property
    def is_unheard(self) -> bool:
        """Whether nobody subscribed to it in time, and nobody has since; or it cannot be published."""
        is_ignored = self._is_awaited and not self._subscribed.is_set()
        return is_ignored or not self._room.isconnected() or not self._is_permitted

    @property
    def _is_permitted(self) -> bool:
        # Without the permission the SDK waits for an answer that never comes.
        permission = self._room.local_participant.permissions
        sources = permission.can_publish_sources
        return permission.can_publish and (not sources or SOURCE in sources)

    @property
    def queued_seconds(self) -> float:
        """How long what was played still sounds."""
        return self._source.queued_duration if self._source is not None else 0.0

    async def open(self) -> bool:
        """Publish it, unless it is, and wait a moment for somebody who subscribes.

        Returns:
            Whether somebody hears what is played now.
        """
        if self.is_unheard or (self._publication is None and not await self._published()):
            return False
        if not self._is_awaited:
            await self._wait_for_subscriber()
        return self._subscribed.is_set()

    async def _published(self) -> bool:
        # The caller may be ended meanwhile; then the next one waits for the same publication.
        if self._opening is None or self._opening.done():
            self._opening = self._tasks.spawn(self._publish(), "voice track")
        return await asyncio.shield(self._opening)

    async def _publish(self) -> bool:
        if self._source is None:
            self._source = rtc.AudioSource(SPOKEN_RATE, 1, queue_size_ms=int(QUEUE_SECONDS * 1000))
            self._room.on("local_track_subscribed", self._note_subscription)
            self._room.on("local_track_unpublished", self._note_removal)
        track = rtc.LocalAudioTrack.create_audio_track(NAME, self._source)
        options = rtc.TrackPublishOptions(source=SOURCE)
        try:
            async with asyncio.timeout(PUBLISH_LIMIT):
                publication = await self._room.local_participant.publish_track(track, options)
        except (rtc.participant.PublishTrackError, TimeoutError) as error:
            logger.warning("voice not published", extra=failure_fields(error))
            return False
        self._publication = publication
        return True

    def _note_subscription(self, track: rtc.LocalTrack) -> None:
        if isinstance(track, rtc.LocalAudioTrack) and track.name == NAME:
            self._subscribed.set()

    def _note_removal(self, publication: rtc.LocalTrackPublication) -> None:
        # The server takes tracks back when it withdraws the permission, and may give that again.
        if publication is self._publication:
            self._publication, self._is_awaited = None, False
            self._subscribed.clear()

    async def _wait_for_subscriber(self) -> None:
        try:
            async with asyncio.timeout(SUBSCRIBE_LIMIT):
                await self._subscribed.wait()
        except TimeoutError:
            logger.info("nobody listens to the voice")
        self._is_awaited = True

    async def play(self, frame: rtc.AudioFrame) -> None:
        """Play a frame after those before it. Waits while enough sound is queued.

        Raises:
            NotPlayedError: It was not taken, or not in time.
        """
        if self._source is None:
            return
        try:
            async with asyncio.timeout(PLAY_LIMIT):
                # A frame that nobody waits for any more is still on its way, and native code refuses
                # a second one beside it.
                if self._taking is not None:
                    await asyncio.wait({self._taking})
                self._taking = self._tasks.spawn(_take(self._source, frame), "voice frame")
                await asyncio.shield(self._taking)
        except TimeoutError:
            raise NotPlayedError from None

    def clear(self) -> None:
        """Be silent at once."""
        if self._source is not None:
            self._source.clear_queue()

    def rest(self) -> None:
        """Take the track back until there is something to play again. Does not wait for it."""
        publication = self._publication
        if publication is not None:
            self._note_removal(publication)
            self._tasks.spawn(self._unpublish(publication.sid), "voice track")

    async def aclose(self) -> None:
        """Take the track back. What is under way is ended."""
        self._tasks.cancel()
        await self._tasks.wait()
        is_connected = self._room.connection_state == rtc.ConnectionState.CONN_CONNECTED
        if self._publication is not None and is_connected:
            await self._unpublish(self._publication.sid)
        self._publication = None
        if self._source is not None:
            self._room.off("local_track_subscribed", self._note_subscription)
            self._room.off("local_track_unpublished", self._note_removal)
            await self._source.aclose()
            self._source = None

    async def _unpublish(self, sid: str) -> None:
        try:
            async with asyncio.timeout(UNPUBLISH_LIMIT):
                await self._room.local_participant.unpublish_track(sid)
        except (rtc.participant.UnpublishTrackError, TimeoutError) as error:
            logger.warning("voice not taken back", extra=failure_fields(error))


async def _take(source: rtc.AudioSource, frame: rtc.AudioFrame) -> None:
    try:
        await source.capture_frame(frame)
    except Exception as error:
        # The SDK has no type of its own for it.
        raise NotPlayedError from error
