"""One VAD in a process of its own: ``python -m benchmarks.vad_process NAME SECONDS STREAMS…``.

For each number of streams it prints the fields of a `benchmarks.vads.VadFigures` as a line of JSON.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import uvloop
from livekit import rtc
from livekit.agents import vad

from benchmarks.figures import percentile
from benchmarks.sounds import RATE, count_sentences, talk
from benchmarks.usage import ProcessTree

_RATE = 16_000
_FRAME_S = 0.05
"""What a microphone's frames are like in this worker."""

_TICK_S = 0.01
"""From one look at the event loop's lateness to the next."""

Listener = Callable[[rtc.AudioFrame], None]


@dataclass(frozen=True)
class _Spent:
    """What a stretch of time took."""

    cpu_s: float
    loop_s: float
    lag_p99_ms: float


def _load(name: str) -> vad.VAD:
    """Load a VAD as it is, with what it imports."""
    if name == "silero":
        from livekit.plugins import silero

        return silero.VAD.load()
    from livekit.agents import inference

    return inference.VAD()


def _frames() -> list[rtc.AudioFrame]:
    """Make a sentence and a pause, as a microphone's frames."""
    sound = talk()[:: RATE // _RATE]
    size = int(_RATE * _FRAME_S)
    return [
        rtc.AudioFrame(sound[at : at + size].tobytes(), _RATE, 1, size)
        for at in range(0, len(sound), size)
    ]


def _offsets(streams: int, frames: int) -> list[int]:
    """Say with which frame each stream begins: they do not speak all at once."""
    return [number * frames // streams for number in range(streams)]


async def _feed(
    listener: Listener, offset: int, frames: list[rtc.AudioFrame], until: float
) -> None:
    """Hand over the frames as time goes by, from the one at ``offset``."""
    loop = asyncio.get_running_loop()
    due = loop.time() + offset * _FRAME_S % _FRAME_S
    while due < until:
        await asyncio.sleep(max(0.0, due - loop.time()))
        frame = frames[offset % len(frames)]
        # A microphone's frame is a new one each time, with bytes of its own.
        listener(rtc.AudioFrame(bytes(frame.data), _RATE, 1, frame.samples_per_channel))
        offset += 1
        due += _FRAME_S


async def _watch_loop(until: float) -> list[float]:
    """Note how many milliseconds late the loop runs what is due."""
    loop = asyncio.get_running_loop()
    late = []
    while loop.time() < until:
        # The loop's own clock stands still while it is busy.
        asleep = time.perf_counter()
        await asyncio.sleep(_TICK_S)
        late.append(1000 * (time.perf_counter() - asleep - _TICK_S))
    return late


async def _spend(listeners: list[Listener], seconds: int) -> _Spent:
    """Feed all of them for so long."""
    frames = _frames()
    until = asyncio.get_running_loop().time() + seconds
    before = time.process_time(), time.thread_time()
    watching = asyncio.create_task(_watch_loop(until))
    offsets = _offsets(len(listeners), len(frames))
    await asyncio.gather(
        *(
            _feed(listener, offset, frames, until)
            for listener, offset in zip(listeners, offsets, strict=True)
        )
    )
    late = await watching
    cpu, loop = time.process_time() - before[0], time.thread_time() - before[1]
    return _Spent(cpu, loop, percentile(late, 0.99))


async def _count(stream: vad.VADStream) -> int:
    """Count the sentences whose beginning is noticed, until the stream ends."""
    found = 0
    async for event in stream:
        found += event.type is vad.VADEventType.START_OF_SPEECH
    return found


async def _measure(loaded: vad.VAD, number: int, seconds: int) -> dict[str, float]:
    """Listen to so many streams, and measure what that takes beyond making their sound."""
    memory = ProcessTree(os.getpid())
    quiet = await _spend([_ignore] * number, seconds)
    before_mb = memory.pss_mb()
    streams = [loaded.stream() for _ in range(number)]
    counting = [asyncio.create_task(_count(stream)) for stream in streams]
    spent = await _spend([stream.push_frame for stream in streams], seconds)
    taken_mb = memory.pss_mb() - before_mb
    for stream in streams:
        stream.end_input()
    found = sum(await asyncio.gather(*counting))
    for stream in streams:
        await stream.aclose()
    return {
        "streams": number,
        "stream_mb": taken_mb / number,
        "cpu_ms": 1000 * (spent.cpu_s - quiet.cpu_s) / number / seconds,
        "loop_ms": 1000 * (spent.loop_s - quiet.loop_s) / number / seconds,
        "lag_p99_ms": spent.lag_p99_ms,
        "quiet_lag_p99_ms": quiet.lag_p99_ms,
        "found": found,
        "spoken": _count_spoken(number, seconds),
    }


def _count_spoken(streams: int, seconds: int) -> int:
    """Count the sentences in all streams together."""
    offsets = _offsets(streams, len(_frames()))
    return sum(count_sentences(offset * _FRAME_S, seconds) for offset in offsets)


async def _compare(name: str, seconds: int, numbers: list[int]) -> None:
    memory = ProcessTree(os.getpid())
    empty_mb = memory.pss_mb()
    began = time.perf_counter()
    loaded = _load(name)
    load = {
        "load_ms": 1000 * (time.perf_counter() - began),
        "load_mb": memory.pss_mb() - empty_mb,
    }
    for number in numbers:
        figures = await _measure(loaded, number, seconds)
        print(json.dumps({"name": name} | load | figures), flush=True)


def _ignore(_: rtc.AudioFrame) -> None:
    pass


if __name__ == "__main__":
    uvloop.run(_compare(sys.argv[1], int(sys.argv[2]), [int(each) for each in sys.argv[3:]]))
