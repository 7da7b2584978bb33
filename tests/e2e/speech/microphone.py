"""A microphone as a client publishes it: open, it always sends, mostly a room's faint noise."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import numpy as np
from livekit import rtc

from tests.e2e.speech.sound import RATE, Samples, Sound
from tests.waiting import eventually

QUEUE = 100
"""Milliseconds that the SDK has in store. It is the SDK that sends in real time, however late we are."""

PRE_CONNECT_TOPIC = "lk.agent.pre-connect-audio-buffer"

_FAINT = 8
"""How loud a quiet room is, as the standard deviation of its samples."""


@dataclass
class _Waiting:
    """Sound that is still to be sent."""

    samples: Samples
    sent: asyncio.Future[None]


class Microphone:
    """One published microphone track, until `aclose`."""

    def __init__(
        self,
        room: rtc.Room,
        *,
        frame: int = 20,
        source: rtc.TrackSource.ValueType = rtc.TrackSource.SOURCE_MICROPHONE,
    ) -> None:
        """Nothing is published yet, but it hears already.

        Args:
            room: Where it belongs.
            frame: Milliseconds of a frame.
            source: What it says that it is.
        """
        self._room = room
        self._size = RATE * frame // 1000
        self._kind = source
        self._source = rtc.AudioSource(RATE, 1, queue_size_ms=QUEUE)
        self._track = rtc.LocalAudioTrack.create_audio_track("microphone", self._source)
        self._waiting: list[_Waiting] = []
        self._around: Samples = np.zeros(0, np.int16)
        self._kept: list[Samples] | None = None
        self._random = np.random.default_rng(7)
        self._feeding: asyncio.Task[None] | None = None
        self._heard = asyncio.Event()
        self._is_closed = False
        room.on("local_track_subscribed", self._on_subscribed)

    @property
    def is_heard(self) -> bool:
        """Whether somebody has subscribed to it."""
        return self._heard.is_set()

    @property
    def sid(self) -> str:
        """The published track's."""
        return self._track.sid

    async def publish(self, first: Sound | None = None, *, pre_connect: bool = False) -> None:
        """Publish it.

        Args:
            first: What is spoken from the first frame on.
            pre_connect: Whether it records until the agent hears it, and then sends it that.
        """
        if first is not None:
            self.begin(first)
        if pre_connect:
            self._kept = []
            self._feed()
        options = rtc.TrackPublishOptions(source=self._kind, preconnect_buffer=pre_connect)
        await self._room.local_participant.publish_track(self._track, options)
        self._feed()

    def begin(self, sound: Sound) -> asyncio.Future[None]:
        """Speak into it, after what is being spoken; the result is done when all of it was sent."""
        sent = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(sound.samples, sent))
        return sent

    def overhear(self, sound: Sound) -> None:
        """Hear this, too, besides what is spoken: the room around."""
        self._around = np.concatenate([self._around, sound.samples])

    async def play(self, sound: Sound) -> None:
        """Speak into it, in real time, until the last sample was sent."""
        await self.begin(sound)

    def mute(self) -> None:
        """Close it, as a client's button does; what was being spoken is lost from here on."""
        self._drop()
        self._track.mute()

    def flicker(self) -> None:
        """Close it and open it again at once, while somebody speaks on."""
        self._track.mute()
        self._track.unmute()

    def unmute(self, first: Sound | None = None) -> None:
        """Open it again, and speak at once."""
        self._track.unmute()
        if first is not None:
            self.begin(first)

    async def unpublish(self) -> None:
        """Take the track back, whatever is being spoken."""
        self._drop()
        await self._room.local_participant.unpublish_track(self._track.sid)
        await self.aclose()

    async def send_kept(self, agent: str) -> None:
        """Send the agent what was recorded until it heard the track, as clients do."""
        assert self._kept is not None
        await eventually(self._heard, 15)
        writer = await self._room.local_participant.stream_bytes(
            "preconnect-buffer",
            mime_type="audio/pcm",
            topic=PRE_CONNECT_TOPIC,
            destination_identities=[agent],
            attributes={"trackId": self.sid, "sampleRate": str(RATE), "channels": "1"},
        )
        await writer.write(np.concatenate(self._kept).tobytes())
        await writer.aclose()

    async def aclose(self) -> None:
        """End it. Nothing, if it has ended."""
        if self._is_closed:
            return
        self._is_closed = True
        self._room.off("local_track_subscribed", self._on_subscribed)
        self._drop()
        if self._feeding is not None:
            self._feeding.cancel()
            await asyncio.wait({self._feeding})
        await self._source.aclose()

    def _on_subscribed(self, track: rtc.Track) -> None:
        if track.sid == self.sid:
            self._heard.set()

    def _drop(self) -> None:
        for waiting in self._waiting:
            waiting.sent.cancel()
        self._waiting.clear()
        self._source.clear_queue()

    def _feed(self) -> None:
        if self._feeding is None:
            self._feeding = asyncio.get_running_loop().create_task(self._send())

    async def _send(self) -> None:
        while True:
            samples = self._next_samples()
            if self._kept is not None and not self.is_heard:
                self._kept.append(samples)
            frame = rtc.AudioFrame(samples.tobytes(), RATE, 1, len(samples))
            await self._source.capture_frame(frame)
            while self._waiting and not len(self._waiting[0].samples):
                if not (waiting := self._waiting.pop(0)).sent.done():
                    waiting.sent.set_result(None)

    def _next_samples(self) -> Samples:
        """The next frame: what is spoken, and the room's noise where nobody speaks."""
        samples = self._random.normal(0, _FAINT, self._size).astype(np.int16)
        filled = 0
        for waiting in self._waiting:
            taken = waiting.samples[: self._size - filled]
            samples[filled : filled + len(taken)] = taken
            waiting.samples = waiting.samples[len(taken) :]
            filled += len(taken)
        around, self._around = self._around[: self._size], self._around[self._size :]
        return (Sound(samples) | Sound(around)).samples
