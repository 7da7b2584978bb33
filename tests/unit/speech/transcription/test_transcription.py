"""What people say is told in order, once, whenever its words arrive; and people do not wait for each other."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import cast

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.service import SpeechService
from speech.transcription import Transcriber, Transcription
from speech.transcription.transcription import AT_ONCE, MOST_PIECES
from speech.trouble import CONNECTION, TroubleError
from speech.utterance import Piece, Trouble, Understood
from tests.doubles import FakeSpeech, SpeechReply
from tests.unit.speech.transcription.sounds import Notebook, piece, utterance
from tests.virtual_time import run_in_virtual_time
from tests.waiting import eventually


@dataclass
class Script:
    """Transcribes by the length of a piece, after some time. A text of None is a service that is down."""

    says: Callable[[float], tuple[float, str | None]]
    asked: list[float] = field(default_factory=list)
    open: int = 0
    most: int = 0

    async def transcribe(self, piece: Piece) -> str:
        self.asked.append(piece.seconds)
        self.open += 1
        self.most = max(self.most, self.open)
        try:
            delay, text = self.says(piece.seconds)
            await asyncio.sleep(delay)
        finally:
            self.open -= 1
        if text is None:
            raise TroubleError(CONNECTION)
        return text


@dataclass
class Limits:
    """Refuses one of the utterances."""

    refuses: int = 0
    asked: list[str] = field(default_factory=list)

    def allows(self, identity: str) -> bool:
        self.asked.append(identity)
        return len(self.asked) != self.refuses


def transcription(
    transcriber: Script | Transcriber,
    notebook: Notebook,
    *,
    own: str = "",
    allows: Callable[[str], bool] = lambda _: True,
) -> Transcription:
    return Transcription(
        cast(Transcriber, transcriber),
        notebook,
        is_own_voice=lambda text, _: text == own,
        allows=allows,
    )


async def say(ears: Transcription, number: int, *seconds: float, identity: str = "ann") -> None:
    it = utterance(number, identity)
    ears.began(it)
    for each in seconds:
        ears.heard(it, piece(each))
        await asyncio.sleep(0)
    ears.ended(it)


WORDS = {1.0: (9.0, "First,"), 2.0: (1.0, "second,"), 3.0: (5.0, "third.")}


def test_tells_late_words_in_the_order_in_which_they_were_said() -> None:
    async def scenario() -> None:
        notebook = Notebook()
        ears = transcription(Script(WORDS.__getitem__), notebook)
        await say(ears, 1, 1.0, 2.0, 3.0)
        await ears.settled()
        assert notebook.lines == [
            ("began", "ann-1", None),
            ("ended", "ann-1", None),
            ("understood", "ann-1", Understood("First, second, third.")),
        ]

    run_in_virtual_time(scenario())


def test_tells_words_while_somebody_goes_on_speaking() -> None:
    async def scenario() -> None:
        notebook, it = Notebook(), utterance()
        ears = transcription(Script(WORDS.__getitem__), notebook)
        ears.began(it)
        for seconds in (1.0, 2.0, 3.0):
            ears.heard(it, piece(seconds))
            await ears.settled()
        ears.ended(it)
        assert notebook.texts(it) == ["First,", "First, second,", "First, second, third."]
        assert notebook.lines[-2:] == [
            ("ended", "ann-1", None),
            ("understood", "ann-1", Understood("First, second, third.")),
        ]

    run_in_virtual_time(scenario())


def test_understands_what_one_person_says_in_order() -> None:
    async def scenario() -> None:
        notebook = Notebook()
        ears = transcription(Script({1.0: (9.0, "One."), 2.0: (1.0, "Two.")}.__getitem__), notebook)
        await say(ears, 1, 1.0)
        await say(ears, 2, 2.0)
        await ears.settled()
        assert [id_ for id_, _ in notebook.understandings] == ["ann-1", "ann-2"]
        assert notebook.texts(utterance(2)) == []

    run_in_virtual_time(scenario())


def test_a_microphone_that_hears_music_all_the_time_keeps_no_other_waiting() -> None:
    async def scenario() -> None:
        notebook = Notebook()
        ears = transcription(Script({1.0: (1.0, "Two."), 2.0: (9.0, "La.")}.__getitem__), notebook)
        radio = replace(utterance(1), track_sid="TR_radio")
        ears.began(radio)
        await say(ears, 2, 1.0)
        await ears.settled()
        assert notebook.understandings == [("ann-2", Understood("Two."))]
        ears.heard(radio, piece(2.0))
        ears.ended(radio)
        # What is only waiting for its words is told first, wherever it was said.
        await say(ears, 3, 1.0)
        await ears.settled()
        assert [id_ for id_, _ in notebook.understandings] == ["ann-2", "ann-1", "ann-3"]

    run_in_virtual_time(scenario())


def test_lets_nobody_wait_for_another() -> None:
    async def scenario() -> None:
        notebook = Notebook()
        ears = transcription(
            Script({1.0: (9.0, "Slow."), 2.0: (1.0, "Fast.")}.__getitem__), notebook
        )
        for number in range(4):
            await say(ears, number, 1.0)
        await say(ears, 1, 2.0, identity="bob")
        await asyncio.sleep(1.5)
        assert notebook.understandings == [("bob-1", Understood("Fast."))]
        await ears.settled()
        assert len(notebook.understandings) == 5

    run_in_virtual_time(scenario())


def test_transcribes_a_few_pieces_of_a_person_at_a_time() -> None:
    async def scenario() -> None:
        script = Script(lambda _: (1.0, "word"))
        ears = transcription(script, Notebook())
        await say(ears, 1, *([1.0] * 7))
        await ears.settled()
        assert script.most == AT_ONCE

    run_in_virtual_time(scenario())


def test_says_that_a_service_is_too_slow_for_somebody() -> None:
    async def scenario() -> None:
        notebook, script = Notebook(), Script(lambda _: (1.0, "word"))
        ears = transcription(script, notebook)
        await say(ears, 1, *([0.5] * (MOST_PIECES + 5)))
        await ears.settled()
        (_, result) = notebook.understandings[0]
        assert result == Understood(" ".join(["word"] * MOST_PIECES + ["…"]), Trouble.SLOW)
        assert len(script.asked) == MOST_PIECES

    run_in_virtual_time(scenario())


def test_marks_what_it_could_not_transcribe() -> None:
    async def scenario() -> None:
        notebook = Notebook()
        says = {1.0: (0.0, "Call me"), 2.0: (0.0, None), 3.0: (0.0, "at noon.")}
        ears = transcription(Script(says.__getitem__), notebook)
        await say(ears, 1, 1.0, 2.0, 3.0)
        await say(ears, 2, 2.0, 2.0)
        await ears.settled()
        assert notebook.understandings == [
            ("ann-1", Understood("Call me … at noon.", Trouble.UNREACHABLE)),
            ("ann-2", Understood("", Trouble.UNREACHABLE)),
        ]
        assert notebook.texts(utterance(2)) == []

    run_in_virtual_time(scenario())


@pytest.mark.parametrize("noise", [piece(2.0, speech=0.1), piece(2.0, peak=50)])
def test_asks_nothing_of_noise(noise: Piece) -> None:
    async def scenario() -> None:
        notebook, script, it = Notebook(), Script(lambda _: (0.0, "Thank you.")), utterance()
        limits = Limits()
        ears = transcription(script, notebook, allows=limits.allows)
        ears.began(it)
        ears.heard(it, noise)
        ears.ended(it)
        assert notebook.understandings == [("ann-1", Understood(""))]
        assert (script.asked, limits.asked) == ([], [])

    run_in_virtual_time(scenario())


def test_drops_ghosts_and_its_own_voice() -> None:
    async def scenario() -> None:
        notebook = Notebook()
        says = {
            1.0: (0.0, "Thanks for watching!"),
            2.0: (0.0, "I am the agent."),
            3.0: (0.0, "Hi!"),
        }
        ears = transcription(Script(says.__getitem__), notebook, own="I am the agent.")
        for number, pieces in enumerate([(1.0,), (2.0,), (1.0, 2.0, 3.0), ()]):
            await say(ears, number, *pieces)
        await ears.settled()
        assert [result.text for _, result in notebook.understandings] == ["", "", "Hi!", ""]
        assert [line for line in notebook.lines if line[0] == "words"] == []

    run_in_virtual_time(scenario())


def test_transcribes_nothing_of_what_may_not_be_said() -> None:
    async def scenario() -> None:
        notebook, script = Notebook(), Script(lambda _: (0.0, "Hi!"))
        limits = Limits(refuses=2)
        ears = transcription(script, notebook, allows=limits.allows)
        for number in range(3):
            await say(ears, number, 1.0, 1.0)
        await ears.settled()
        texts = [result.text for _, result in notebook.understandings]
        assert texts == ["Hi! Hi!", "", "Hi! Hi!"]
        assert (len(script.asked), limits.asked) == (4, ["ann"] * 3)

    run_in_virtual_time(scenario())


def test_tells_nothing_after_it_was_cancelled() -> None:
    async def scenario() -> None:
        notebook, script = Notebook(), Script(lambda _: (5.0, "Hi!"))
        ears = transcription(script, notebook)
        await say(ears, 1, 1.0, 1.0, 1.0)
        told = list(notebook.lines)
        ears.cancel()
        await say(ears, 2, 1.0)
        await ears.settled()
        assert (notebook.lines, script.open) == (told, 0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run_in_virtual_time(scenario())


def test_goes_on_after_a_mistake_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        notebook = Notebook()
        says: dict[float, tuple[float, str | None]] = {2.0: (0.0, "Hi!")}
        ears = transcription(Script(says.__getitem__), notebook)
        await say(ears, 1, 1.0)
        await say(ears, 2, 2.0)
        await ears.settled()
        assert notebook.understandings == [
            ("ann-1", Understood("", Trouble.FAILED)),
            ("ann-2", Understood("Hi!")),
        ]

    run_in_virtual_time(scenario())
    assert [vars(record)["cause"] for record in caplog.records] == ["KeyError"]


SCENES = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob", "cat"]),
        st.lists(
            st.tuples(st.floats(0, 20), st.sampled_from(["Hi", "", "um", "you", None])), max_size=5
        ),
        st.floats(0, 5),
    ),
    max_size=8,
)


@given(SCENES)
def test_keeps_its_promises_whenever_words_arrive(
    scene: list[tuple[str, list[tuple[float, str | None]], float]],
) -> None:
    async def scenario() -> None:
        notebook = Notebook()
        fates = iter([fate for _, pieces, _ in scene for fate in pieces])
        ears = transcription(Script(lambda _: next(fates)), notebook)
        for number, (identity, pieces, pause) in enumerate(scene):
            it = utterance(number, identity)
            ears.began(it)
            for _ in pieces:
                ears.heard(it, piece(0.6))
                await asyncio.sleep(pause / 2)
            ears.ended(it)
            await asyncio.sleep(pause)
        await ears.settled()
        _check(notebook, [f"{identity}-{n}" for n, (identity, _, _) in enumerate(scene)])

    run_in_virtual_time(scenario())


def _check(notebook: Notebook, ids: list[str]) -> None:
    told: dict[str, list[tuple[str, object]]] = defaultdict(list)
    for what, id_, it in notebook.lines:
        told[id_].append((what, it))
    assert set(told) == set(ids)
    for lines in told.values():
        kinds = [what for what, _ in lines]
        assert (kinds[0], kinds[-1]) == ("began", "understood")
        assert [kinds.count(what) for what in ("began", "ended", "understood")] == [1, 1, 1]
        texts = [it for what, it in lines if what == "words"]
        result = lines[-1][1]
        assert isinstance(result, Understood)
        for text, longer in pairwise([*texts, result.text]):
            assert isinstance(text, str)
            assert text.strip()
            assert str(longer).startswith(text)
    for person in {id_.partition("-")[0] for id_ in ids}:
        order = [id_ for id_, _ in notebook.understandings if id_.startswith(person)]
        assert order == [id_ for id_ in ids if id_.startswith(person)]


@pytest.fixture
def fake() -> Iterator[FakeSpeech]:
    with FakeSpeech() as fake:
        yield fake


async def test_understands_people_who_speak_at_once_over_http(fake: FakeSpeech) -> None:
    chance = random.Random(7)
    # What a piece says is told by its length, as requests may overtake each other.
    fake.hear = lambda sound: SpeechReply(f"w{sound.seconds:.1f}", delay=chance.uniform(0.0, 0.2))
    notebook = Notebook()
    async with _client(fake.base_url) as client:
        ears = transcription(Transcriber(client, model="ears", language=None), notebook)
        for number in range(2):
            await say(ears, number, 0.5, 0.6, 0.7, 0.8)
            await say(ears, number, 1.5, 1.6, 1.7, identity="bob")
        await asyncio.wait_for(ears.settled(), 10)

    assert sorted(notebook.understandings, key=lambda each: each[0]) == [
        *[(f"ann-{number}", Understood("w0.5 w0.6 w0.7 w0.8")) for number in range(2)],
        *[(f"bob-{number}", Understood("w1.5 w1.6 w1.7")) for number in range(2)],
    ]
    assert fake.most > 1


async def test_tells_trouble_over_http_and_understands_again_after_it(
    fake: FakeSpeech, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("speech.circuit.SHORTEST_PAUSE", 0.05)
    notebook, service = Notebook(), SpeechService("transcription")
    async with _client(fake.base_url) as client:
        asker = Transcriber(client, model="ears", language=None, service=service)
        ears = transcription(asker, notebook)
        fake.hear = lambda _: SpeechReply(status=500)
        for number in range(10):
            await say(ears, number, 1.0)
        await asyncio.wait_for(ears.settled(), 10)
        assert [result for _, result in notebook.understandings] == [
            Understood("", Trouble.FAILED)
        ] * 10
        assert len(fake.sounds) <= 2 * AT_ONCE

        fake.hear = lambda _: "Back."
        await eventually(lambda: service.outage is None)
        await say(ears, 11, 1.0)
        await asyncio.wait_for(ears.settled(), 10)
        assert notebook.understandings[-1] == ("ann-11", Understood("Back."))


async def test_leaves_no_request_behind(fake: FakeSpeech) -> None:
    release = threading.Event()
    fake.hear = lambda _: SpeechReply(hold=release)
    async with _client(fake.base_url) as client:
        before = asyncio.all_tasks()
        ears = transcription(Transcriber(client, model="ears", language=None), Notebook())
        await say(ears, 1, 1.0, 1.0, 1.0)
        await eventually(lambda: fake.open == AT_ONCE)
        ears.cancel()
        await asyncio.wait_for(ears.settled(), 5)
        await eventually(lambda: asyncio.all_tasks() <= before)
        release.set()
        await eventually(lambda: fake.open == 0)

    assert len(fake.sounds) == AT_ONCE


def _client(url: str) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(
        base_url=url, api_key="key", max_retries=0, http_client=openai.DefaultAioHttpClient()
    )
