"""Samples that come in any pieces become frames of one length, none lost."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from speech.voice.sound import FRAME_SECONDS, SPOKEN_RATE, Sound

FRAME = int(SPOKEN_RATE * FRAME_SECONDS) * 2


async def frames_of(sound: Sound) -> list[bytes]:
    frames = []
    while (frame := await sound.next_frame()) is not None:
        frames.append(bytes(frame.data))
    return frames


@given(st.lists(st.binary(max_size=3 * FRAME), max_size=6))
def test_all_samples_are_in_the_frames_in_order(pieces: list[bytes]) -> None:
    async def play() -> list[bytes]:
        sound = Sound("words")
        for piece in pieces:
            sound.add(piece)
        sound.end()
        return await frames_of(sound)

    frames, samples = asyncio.run(play()), b"".join(pieces)
    assert all(len(frame) == FRAME for frame in frames)
    assert b"".join(frames)[: len(samples)] == samples
    assert not any(b"".join(frames)[len(samples) :])
    assert len(frames) == -(-len(samples) // FRAME)


async def test_a_frame_is_waited_for_until_it_is_there() -> None:
    sound = Sound("words")
    waiting = asyncio.ensure_future(sound.next_frame())
    await asyncio.sleep(0)
    sound.add(bytes(FRAME - 1))
    await asyncio.sleep(0)
    assert not waiting.done()
    sound.add(bytes(1))
    assert await waiting is not None


async def test_a_sound_that_ends_without_samples_has_no_frame() -> None:
    sound = Sound("words")
    waiting = asyncio.ensure_future(sound.next_frame())
    await asyncio.sleep(0)
    sound.end()
    assert await waiting is None
