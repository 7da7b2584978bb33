from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from assistant.memory.kept import KeptTurn
from tests.unit.worker.store.conversations.conversing import answered, asked
from worker.store.conversations.entries import Entry, ForgottenTurn
from worker.store.conversations.room_opening import Claimed, Conversation, Opening, RoomPlace
from worker.store.conversations.waiting_entries import MOST_ENTRIES, WaitingEntries

HERE = Conversation("c", "room:r")


class NoClaim:
    async def claim(self, room_sid: str, joined_at: object) -> Claimed | None:
        raise NotImplementedError


def opening(conversation: Conversation | None = HERE) -> Opening:
    return Opening(RoomPlace("", "r"), NoClaim(), lambda: None, conversation=conversation)


def state_of(entry: Entry) -> tuple[str, int]:
    assert isinstance(entry.change, KeptTurn)
    return entry.change.id, entry.change.attempts


def test_a_newer_state_takes_the_place_of_an_older_one() -> None:
    waiting, room = WaitingEntries(), opening()
    for name, attempts in (("a", 1), ("b", 1), ("a", 2)):
        waiting.put(Entry(room, answered(name, attempts=attempts), HERE))
    assert [state_of(entry) for entry in waiting.take(9)] == [("a", 2), ("b", 1)]


def test_questions_and_turns_of_other_authors_and_rooms_do_not_replace_each_other() -> None:
    waiting, one, other = WaitingEntries(), opening(), opening()
    for room in (one, other):
        waiting.put(Entry(room, answered("x"), HERE))
        waiting.put(Entry(room, asked(id="x"), HERE))
        waiting.put(Entry(room, asked(id="x", author="ben"), HERE))
        waiting.put(Entry(room, asked(id="turn:x", author=""), HERE))
    assert len(waiting.take(99)) == 8


def test_what_has_no_conversation_yet_waits_and_keeps_nobody_waiting() -> None:
    waiting, early, room = WaitingEntries(), opening(None), opening()
    waiting.put(Entry(early, answered("early"), None))
    waiting.put(Entry(room, answered("other"), HERE))
    taken = waiting.take(9)
    assert [state_of(entry)[0] for entry in taken] == ["other"]
    waiting.strike(taken)
    assert not waiting.has_writable
    early.conversation = HERE
    assert [state_of(entry)[0] for entry in waiting.take(9)] == ["early"]


def test_what_can_never_be_written_is_dropped() -> None:
    waiting, room = WaitingEntries(), opening(None)
    waiting.put(Entry(room, answered(), None))
    room.is_closed = True
    assert waiting.take(9) == []
    assert (len(waiting), room.has_lost) == (0, True)


def test_no_more_wait_than_may_and_what_is_to_be_forgotten_is_dropped_last() -> None:
    waiting, room = WaitingEntries(), opening()
    dropped = 0
    for number in range(MOST_ENTRIES):
        dropped += waiting.put(Entry(room, ForgottenTurn(f"gone {number}"), HERE))
    for number in range(2 * MOST_ENTRIES):
        dropped += waiting.put(Entry(room, asked(f"{number}"), HERE))
        assert len(waiting) <= MOST_ENTRIES
    assert dropped + len(waiting) == 3 * MOST_ENTRIES
    assert all(isinstance(entry.change, ForgottenTurn) for entry in waiting.take(9_000))


STEPS = st.one_of(
    st.tuples(st.just("put"), st.sampled_from("abcd")),
    st.tuples(st.just("write"), st.integers(0, 4)),
)
"""A new state of a turn; or a transaction, of which so much was written before it failed."""


@given(st.lists(STEPS))
def test_however_often_writing_fails_no_older_state_comes_after_a_newer_one(
    steps: list[tuple[str, str | int]],
) -> None:
    waiting, room = WaitingEntries(), opening()
    newest: dict[str, int] = {}
    written: dict[str, int] = {}

    def write(most: int, during: str | None = None) -> None:
        taken = waiting.take(3)
        if during is not None:
            put(during)
        for entry in taken[:most]:
            name, attempts = state_of(entry)
            assert written.get(name, 0) < attempts
            written[name] = attempts
        waiting.strike(taken[:most])
        waiting.put_back()

    def put(name: str) -> None:
        newest[name] = newest.get(name, 0) + 1
        waiting.put(Entry(room, answered(name, attempts=newest[name]), HERE))
        assert waiting.is_open(room, waiting.newest)

    for kind, value in steps:
        if kind == "put":
            put(str(value))
        else:
            write(int(value), during="abcd"[int(value) % 4])
    while len(waiting):
        write(3)
    assert written == newest
    assert not waiting.is_open(room, waiting.newest)


def test_a_room_waits_for_what_it_put_before_and_not_for_what_it_puts_later() -> None:
    waiting, room, other = WaitingEntries(), opening(), opening()
    waiting.put(Entry(room, answered("a"), HERE))
    last = waiting.newest
    waiting.put(Entry(room, answered("b"), HERE))
    waiting.put(Entry(other, answered("c"), HERE))
    waiting.strike(waiting.take(1))
    assert not waiting.is_open(room, last)
    assert waiting.is_open(room, waiting.newest)


def test_a_newer_state_is_written_where_the_older_one_would_have_been() -> None:
    waiting, room = WaitingEntries(), opening(None)
    turn = answered()
    waiting.put(Entry(room, turn, HERE))
    waiting.put(Entry(room, replace(turn, attempts=2), Conversation("d", "room:r")))
    assert [entry.home for entry in waiting.take(9)] == [HERE]
