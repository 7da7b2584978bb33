"""A process with some of the clients. It gets its commands over a pipe.

Several of them share a process, as a process for each would take the machine from the worker, and
no more than the caller puts there, as the SDK's cost of an event grows with the rooms of a process.
"""

import asyncio
import contextlib
import gc
import logging
import signal
from dataclasses import dataclass
from multiprocessing.connection import Connection

import uvloop

from benchmarks.client import Person
from benchmarks.listening import QUIET
from benchmarks.microphone import cut
from benchmarks.native_logs import keep_native_logs_native
from benchmarks.observation import Heard
from benchmarks.scenarios import Scenario
from benchmarks.sounds import PAUSE_S, quiet, talk


@dataclass(frozen=True, slots=True)
class Join:
    """Join so many further rooms; answered with what `Person.join` returned, for each."""

    url: str
    tokens: tuple[str, ...]
    """What lets each person into a room."""

    speaks: str
    limit: float
    """Seconds that an agent and its first reply may take."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask for a reply in every room that was joined; answered with a `Heard` for each."""

    scenario: Scenario
    offsets: tuple[float, ...]
    """Seconds to wait before asking, for each room."""


@dataclass(frozen=True, slots=True)
class OpenMicrophones:
    """Open a microphone in the first rooms; answered with whether each is listened to."""

    sound: str
    """`benchmarks.listening.QUIET` or `benchmarks.listening.TALK`."""

    shares: tuple[float, ...]
    """Where in the sound to begin, from 0 to 1, in each of them."""

    heard_within: float | None
    """Seconds that the agent may take to listen; None does not wait for it."""


@dataclass(frozen=True, slots=True)
class CloseMicrophones:
    """Close all that are open; answered with True for each room."""


Command = Join | Ask | OpenMicrophones | CloseMicrophones
Answer = list[float | None] | list[Heard] | list[bool]


def run(pipe: Connection) -> None:
    """Obey until the other end of the pipe is closed."""
    # Ctrl-C is for the process at the other end, which then ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The SDK complains of every room that is deleted in the end.
    logging.getLogger("livekit").setLevel(logging.CRITICAL)
    keep_native_logs_native()
    # A collection in the middle of a reply would show as a delay of the worker's.
    gc.disable()
    with contextlib.suppress(EOFError, BrokenPipeError):
        uvloop.run(_obey(pipe))


async def _obey(pipe: Connection) -> None:
    people: list[Person] = []
    while True:
        command: Command = await asyncio.to_thread(pipe.recv)
        pipe.send(await _perform(command, people))


async def _perform(command: Command, people: list[Person]) -> Answer:
    match command:
        case Join():
            joining = [Person(command.speaks) for _ in command.tokens]
            people += joining
            return await _join(command, joining)
        case Ask():
            return await _ask(command, people)
        case OpenMicrophones():
            return await _open_microphones(command, people)
        case CloseMicrophones():
            await asyncio.gather(*(person.close_microphone() for person in people))
            return [True] * len(people)


async def _join(command: Join, people: list[Person]) -> list[float | None]:
    joining = zip(people, command.tokens, strict=True)
    return await asyncio.gather(
        *(person.join(command.url, token, command.limit) for person, token in joining)
    )


async def _ask(command: Ask, people: list[Person]) -> list[Heard]:
    gc.collect()
    asking = zip(people, command.offsets, strict=True)
    return await asyncio.gather(
        *(person.ask(command.scenario, offset) for person, offset in asking)
    )


async def _open_microphones(command: OpenMicrophones, people: list[Person]) -> list[bool]:
    frames = cut(quiet(PAUSE_S) if command.sound == QUIET else talk())
    opening = zip(people, command.shares, strict=False)
    return await asyncio.gather(
        *(person.open_microphone(frames, share, command.heard_within) for person, share in opening)
    )
