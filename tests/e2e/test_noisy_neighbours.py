"""A quiet room beside rooms whose LLM, and whose people, do everything that is odd."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import pytest

from tests.doubles import FakeOpenAI, Message, Reply, last_user_text, words
from tests.e2e.hosting.rooms import replies_ended
from tests.e2e.people import Door, JsonPerson, Person
from tests.samples.service_sample import SampleAnswer, load_services
from tests.tokens import token_minter
from tests.waiting import eventually
from tests.worker_process import WorkerProcess, running_worker
from worker.devstack.livekit_server import LiveKitServer

INTERVAL = 0.05
"""Seconds from one token of the quiet room's reply to the next."""

TOKENS = 400
"""Tokens of that reply."""

LARGEST_GAP = 1.0
"""Seconds between two growths that are too long however busy the machine is; it stood still for up to 20."""

ODD_ANSWERS = 40
"""Odd answers that are tried, out of all samples."""

NOISE_LIMIT = 60.0
"""Seconds for a noisy reply."""

QUIET = "steadily, please"
DOTS = "." * 60_000
QUESTIONS = (
    "?!" * 5_000,
    "`" * 10_000,
    "Assistant" * 1_100,
    "a \n" * 2_500,
    "e" + "\u0301" * 2_000,
)
"""What people send, each of nearly the largest size that fits into a packet."""


def event(text: str) -> bytes:
    """One chunk, in about the fewest bytes."""
    return b'data: {"choices":[{"index":0,"delta":{"content":"%s"}}]}\n\n' % text.encode()


FLOODS: Sequence[bytes] = (
    b"".join(event("x ") for _ in range(20_000)),
    b"".join(event("") for _ in range(20_000)),
    b": keep-alive\n\n" * 50_000,
    event("y" * 60_000),
    event("<think>") * 5_000,
)
"""What services send at once."""


def odd_answers() -> list[bytes]:
    """Bodies of odd answers, in an order that is the same each time."""
    answers = [
        answer.raw().body
        for sample in load_services().values()
        for answer in sample.answers
        if isinstance(answer, SampleAnswer) and answer.status == 200
    ]
    return random.Random(11).sample(answers, ODD_ANSWERS)


NOISES = [*FLOODS, *odd_answers()]


def script(messages: list[Message]) -> Reply:
    """A steady reply in the quiet room; in the others the noise with the number that is asked for."""
    question = last_user_text(messages)
    if QUIET in question:
        return Reply(words("and so on " * TOKENS)[:TOKENS], interval=INTERVAL)
    _, _, number = question.rpartition("noise ")
    if number.isdecimal():
        return Reply([NOISES[int(number)]])
    return Reply([DOTS])


@pytest.fixture
def noisy_llm() -> Iterator[FakeOpenAI]:
    with FakeOpenAI(script) as llm:
        yield llm


async def test_no_room_stops_another(noisy_llm: FakeOpenAI) -> None:
    with LiveKitServer.start() as server, running_worker(server, noisy_llm) as worker:
        mint = token_minter(server)
        doors = [Door(server.url, mint, f"noisy-{number}") for number in range(3)]
        async with Door(server.url, mint, "quiet").enter("ada", dialect="stream") as ada:
            grown: list[float] = []
            ada.chat.on(
                "message_updated", lambda _: grown.append(asyncio.get_running_loop().time())
            )
            await ada.say(QUIET)
            await wait_for(lambda: bool(grown), "the quiet reply's beginning")
            await asyncio.gather(
                ask_for_noise(doors[0], range(0, len(NOISES), 2)),
                ask_for_noise(doors[1], range(1, len(NOISES), 2)),
                send_noise(doors[2], worker),
            )
            await wait_for(lambda: bool(ada.answers), "the quiet reply's end")
    assert len(words(ada.answers[0])) == TOKENS
    gaps = sorted(later - earlier for earlier, later in pairwise(grown))
    assert gaps[-1] < LARGEST_GAP, gaps[-5:]
    check(worker)


async def wait_for(
    condition: Callable[[], bool], what: str, instead: Callable[[], object] = lambda: "nothing"
) -> None:
    """Wait for something, and say what it was if it does not come, and what came instead."""
    try:
        await eventually(condition, NOISE_LIMIT)
    except TimeoutError:
        raise AssertionError(f"{what} did not come, but {instead()}") from None


async def ask_for_noise(door: Door, numbers: Sequence[int]) -> None:
    """Ask for one noise after the other. Each ends in one complete bubble."""
    async with door.enter("bob", dialect="stream") as bob:
        for number in numbers:
            await ask(bob, number)
            assert len(bob.texts) == len(bob.answers), number


async def ask(person: Person, number: int) -> None:
    answers = len(person.answers) + 1
    await person.say(f"noise {number}")
    await wait_for(lambda: len(person.answers) == answers, f"the answer to noise {number}")


async def send_noise(door: Door, worker: WorkerProcess) -> None:
    """Write what is hard to read, and have dots sent to a client that gets the whole text each time."""
    async with door.enter_with_json("eve") as eve:
        for number, question in enumerate(QUESTIONS):
            await eve.say(question, f"m{number}")
            await sees_dots(eve, number + 1)
            await replies_ended(worker, door.room_name, number + 1)


async def sees_dots(person: JsonPerson, times: int) -> None:
    await wait_for(
        lambda: list(person.texts.values()) == [DOTS] * times,
        f"answer {times} with dots",
        lambda: [len(text) for text in person.texts.values()],
    )


def check(worker: WorkerProcess) -> None:
    assert not [record for record in worker.logs if record["message"] == "turn failed"]
    # The framework logs where a failed answer was given up.
    traces = [record for record in worker.logs if "Traceback" in str(record)]
    assert not [record for record in traces if "GenerationFailedError" not in str(record)]
