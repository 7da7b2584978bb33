"""In whatever order things are kept and forgotten, and whatever fails: the newest state comes back."""

from __future__ import annotations

import asyncio
import itertools
import time
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copy

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.memory.kept import KeptQuestion, KeptReply, KeptTurn
from tests.unit.worker.store.conversations.conversing import (
    LONG,
    FaultyStore,
    Worker,
    answered,
    asked,
)
from worker.store.database.address import parse_address
from worker.store.store import Store

TURNS = st.sampled_from(["t1", "t2", "t3"])
AUTHORS = st.sampled_from(["ann", "ben"])
MESSAGES = st.sampled_from(["q1", "q2"])
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)
"""What is kept as it is: no database takes all of the rest."""

STEPS = st.one_of(
    st.tuples(st.just("question"), AUTHORS, MESSAGES, TEXTS, st.none() | TURNS),
    st.tuples(st.just("turn"), TURNS, TEXTS),
    st.tuples(st.just("forget question"), AUTHORS, MESSAGES),
    st.tuples(st.just("forget turn"), TURNS),
    st.tuples(st.just("down")),
    st.tuples(st.just("up")),
    st.tuples(st.just("write")),
    st.tuples(st.just("die")),
)
"""What happens to a room; `write` waits until all is written, and `die` has another agent come then."""


@dataclass
class Model:
    """What should come back."""

    questions: dict[tuple[str, str], KeptQuestion] = field(default_factory=dict)
    turns: dict[str, KeptTurn] = field(default_factory=dict)


_numbers = itertools.count()


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEPS, max_size=25))
def test_the_newest_state_comes_back(
    sqlite_template: Path, tmp_path: Path, steps: list[tuple[str, ...]]
) -> None:
    path = tmp_path / f"{next(_numbers)}.db"
    copy(sqlite_template, path)
    asyncio.run(play(path, steps))


async def play(path: Path, steps: list[tuple[str, ...]]) -> None:
    store = Store(parse_address(f"sqlite:///{path}"))
    try:
        await check(FaultyStore(store), steps)
    finally:
        await store.aclose()


async def check(faulty: FaultyStore, steps: list[tuple[str, ...]]) -> None:
    model = Model()
    worker = Worker.begin(faulty)
    memory, _ = await worker.join("RM_1", "ann")
    # Who is met is known, so that what is said while the store is down has a place.
    for number, (kind, *values) in enumerate(steps):
        if kind == "question":
            author, id, text, turn_id = values
            question = asked(
                text, author=author, id=id, turn_id=turn_id, asked_at=time.time() + number / 1000
            )
            model.questions[author, id] = question
            memory.keep_question(question)
        elif kind == "turn":
            turn = answered(
                values[0], created_at=float(number), reply=KeptReply("m", values[1], values[1])
            )
            model.turns[turn.id] = turn
            memory.keep_turn(turn)
        elif kind == "forget question":
            model.questions.pop((values[0], values[1]), None)
            memory.forget_question(*values)
        elif kind == "forget turn":
            model.turns.pop(values[0], None)
            memory.forget_turn(*values)
        elif kind in ("down", "up"):
            faulty.is_down = kind == "down"
        else:
            faulty.is_down = False
            assert await memory.kept(LONG)
            if kind == "die":
                worker.die()
                worker = Worker.begin(faulty)
                memory, recalled = await worker.join("RM_1", "ann")
    faulty.is_down = False
    assert await memory.kept(LONG)
    _, recalled = await worker.join("RM_1", "ann")
    assert recalled is not None
    expected = sorted(model.turns.values(), key=lambda turn: turn.created_at)
    assert [each.turn for each in recalled.turns] == expected
    of_turns = {each.turn.id: set(each.questions) for each in recalled.turns}
    for question in model.questions.values():
        place = of_turns.get(question.turn_id or "", set(recalled.waiting))
        assert question in place
    found = [*recalled.waiting, *(q for each in recalled.turns for q in each.questions)]
    assert len(found) == len(model.questions)
    worker.die()
