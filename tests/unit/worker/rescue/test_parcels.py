"""Texts that are longer than an RPC can be."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.rescue.parcels import Parcels, pack
from worker.rescue.requests import Purpose, sign

MOST_BYTES = 15_360
"""What livekit-server carries."""

QUESTION = 32_000
"""Bytes of the longest message by default."""


@given(
    texts=st.lists(st.text(), min_size=1, max_size=4),
    times=st.integers(1, 2000),
    order=st.randoms(use_true_random=False),
)
def test_texts_come_out_as_they_went_in_whatever_the_order(
    texts: list[str], times: int, order: random.Random
) -> None:
    pieces = [piece for text in texts for piece in pack(text * times)]
    order.shuffle(pieces)
    parcels = Parcels()
    came = [text for piece in pieces if (text := parcels.add(piece)) is not None]
    assert sorted(came) == sorted(text * times for text in texts)


def test_a_piece_may_come_twice() -> None:
    text = "word " * 10_000
    parcels = Parcels()
    first, *others = pack(text)
    assert parcels.add(first) is None
    assert [parcels.add(piece) for piece in (first, *others)][-1] == text


@pytest.mark.parametrize("piece", ["", "{}", '{"questions":[]}', "a.b.c.d", "a.1", ".-1.2.x"])
def test_what_is_no_piece_is_ignored(piece: str) -> None:
    assert Parcels().add(piece) is None


@pytest.mark.parametrize("character", ["a", '"', "ß", "你", "😀", "\x00"])
def test_an_rpc_can_carry_every_piece_of_a_long_question(
    character: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEKIT_API_SECRET", "a-secret-of-the-worker-0123456789-abc")
    for piece in pack(character * QUESTION):
        assert len(sign(Purpose.TAKE_OVER, "r" * 512, piece).encode()) <= MOST_BYTES
