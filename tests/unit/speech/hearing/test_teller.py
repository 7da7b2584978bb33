from __future__ import annotations

import asyncio
import threading

import pytest

from speech.hearing.cutter import Began, Ended, Event
from speech.hearing.teller import Teller
from speech.utterance import Piece, Utterance
from tests.waiting import eventually

PIECE = Piece(b"", 1.0, 1.0, 1000)


class Recording:
    """Records what a room is told, and where."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.utterances: list[Utterance] = []
        self.threads: set[threading.Thread] = set()

    def _note(self, what: str, utterance: Utterance) -> None:
        self.told.append((what, utterance.id))
        self.utterances.append(utterance)
        self.threads.add(threading.current_thread())

    def began(self, utterance: Utterance) -> None:
        self._note("began", utterance)

    def heard(self, utterance: Utterance, piece: Piece) -> None:
        self._note("heard", utterance)

    def ended(self, utterance: Utterance) -> None:
        self._note("ended", utterance)

    @property
    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.told]


@pytest.fixture
def recording() -> Recording:
    return Recording()


async def test_what_another_thread_hears_is_told_in_the_loop_in_order(recording: Recording) -> None:
    teller = Teller(recording, "ann", "TR_1", lambda: None)

    def hear() -> None:
        events: list[Event] = [Began(0.3), PIECE, PIECE, Ended(), Began(0.3), PIECE, Ended()]
        for event in events:
            teller.tell(event)
        teller.end()

    await asyncio.to_thread(hear)
    await teller.wait(5)
    assert recording.kinds == ["began", "heard", "heard", "ended", "began", "heard", "ended"]
    assert len({utterance.id for utterance in recording.utterances}) == 2
    assert recording.threads == {threading.current_thread()}


async def test_an_utterance_says_whose_it_is_and_when_it_began(recording: Recording) -> None:
    teller = Teller(recording, "ann", "TR_1", lambda: None)
    now = asyncio.get_running_loop().time()
    teller.tell(Began(age=2.5))
    await eventually(lambda: recording.told)
    utterance = recording.utterances[0]
    assert (utterance.identity, utterance.track_sid) == ("ann", "TR_1")
    assert utterance.began_at == pytest.approx(now - 2.5, abs=0.5)


async def test_closing_ends_the_utterance_and_nothing_is_told_after(recording: Recording) -> None:
    teller = Teller(recording, "ann", "TR_1", lambda: None)
    teller.tell(Began(0.3))
    await eventually(lambda: recording.told)
    teller.tell(PIECE)
    teller.close()
    teller.tell(Began(0.3))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert recording.kinds == ["began", "ended"]


async def test_waiting_for_an_ear_that_never_ends_has_a_limit(
    recording: Recording, caplog: pytest.LogCaptureFixture
) -> None:
    teller = Teller(recording, "ann", "TR_1", lambda: None)
    teller.tell(Began(0.3))
    await teller.wait(0.01)
    assert recording.kinds == ["began", "ended"]
    assert "not heard to its end" in caplog.text


async def test_a_room_that_is_gone_is_told_nothing(recording: Recording) -> None:
    def make() -> Teller:
        async def in_its_loop() -> Teller:
            return Teller(recording, "ann", "TR_1", lambda: None)

        return asyncio.run(in_its_loop())

    teller = await asyncio.to_thread(make)
    teller.tell(Began(0.3))
    assert not recording.told


async def test_a_failure_is_told_once_and_not_of_what_was_closed_before() -> None:
    failures: list[str] = []
    teller = Teller(Recording(), "ann", "TR_1", lambda: failures.append("failed"))
    for _ in range(2):
        teller.fail()
    await teller.wait(5)
    await asyncio.sleep(0)
    assert failures == ["failed"]
    closed = Teller(Recording(), "ann", "TR_1", lambda: failures.append("again"))
    closed.close()
    closed.fail()
    await asyncio.sleep(0)
    assert failures == ["failed"]
