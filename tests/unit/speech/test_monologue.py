"""Three minutes without a pause, through the cutter and the transcription to a service: nothing is lost."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import numpy as np
import openai
import pytest

from speech.hearing.cutter import LONGEST, Began, Cutter, Ended
from speech.hearing.listening import WINDOW
from speech.transcription import Transcriber, Transcription
from speech.utterance import SAMPLE_BYTES, SAMPLE_RATE, Piece, Understood
from tests.doubles import FakeSpeech
from tests.unit.speech.transcription.sounds import Notebook, utterance

SECONDS = 180
PAUSE = 1.2


async def test_a_monologue_is_one_utterance_whose_words_grow_until_it_ends() -> None:
    said = np.random.default_rng(1).normal(0, 3000, SECONDS * SAMPLE_RATE).astype(np.int16)
    notebook, it = Notebook(), utterance()
    with FakeSpeech() as service:
        async with openai.AsyncOpenAI(api_key="k", base_url=service.base_url) as client:
            transcriber = Transcriber(client, model="m", language=None)
            ears = Transcription(
                transcriber, notebook, is_own_voice=lambda *_: False, allows=lambda _: True
            )
            await hear(ears, notebook, said.tobytes())
            await transcriber.aclose()
        heard = b"".join(sound.samples for sound in service.sounds)
    pieces = len(service.sounds)
    assert SECONDS / LONGEST <= pieces <= SECONDS / (LONGEST - 6)
    # Before the first word and after the last one there was silence.
    assert said.tobytes() in heard
    assert len(heard) / SAMPLE_BYTES / SAMPLE_RATE == pytest.approx(SECONDS, abs=1)
    whole = " ".join(f"Sentence {number}." for number in range(1, pieces + 1))
    assert notebook.understandings == [(it.id, Understood(whole))]
    texts = [str(text) for text in notebook.texts(it)]
    assert len(texts) >= pieces - 1
    assert all(later.startswith(earlier) for earlier, later in pairwise(texts))


async def hear(ears: Transcription, notebook: Notebook, said: bytes) -> None:
    """Hear a sound, and the silence around it, faster than it was said."""
    cutter, it = Cutter(PAUSE), utterance()
    silence = bytes(2 * SAMPLE_RATE * SAMPLE_BYTES)
    for sound, probability in ((silence, 0.01), (said, 0.95), (silence, 0.01)):
        for start in range(0, len(sound), WINDOW * SAMPLE_BYTES):
            window = sound[start : start + WINDOW * SAMPLE_BYTES]
            for event in cutter.add(window, probability):
                if isinstance(event, Began):
                    ears.began(it)
                elif isinstance(event, Ended):
                    ears.ended(it)
                else:
                    assert isinstance(event, Piece)
                    ears.heard(it, event)
                    await ears.settled()
    await asyncio.wait_for(ears.settled(), 10)
    assert notebook.lines[-1][0] == "understood"
