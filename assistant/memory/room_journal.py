"""The journal of a room whose conversation is kept."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from assistant.turns.turn import UNKNOWN, Question, Turn
from chat import OwnedTasks

from .journal import RECALL_LIMIT, Journal
from .memory import RoomMemory
from .notes import Notes
from .open_turn import OpenTurn
from .snapshots import ended_snapshot, open_snapshot, question_snapshot, withdrawn_snapshot

KEEPING_LIMIT = 10.0
"""Seconds after which it is not waited for any longer that something is kept."""

MOST_UNKNOWN = 1_000
"""Edits and deletions that are remembered until their message is: the newest."""

logger = logging.getLogger(__name__)


class RoomJournal(Journal):
    """Gives snapshots of what happens to whoever keeps them. No answer waits for them, but see `noted`."""

    def __init__(self, memory: RoomMemory) -> None:
        """Hold back what is noted until `restored`.

        Args:
            memory: Keeps it.
        """
        self.notes = Notes()
        """What is on its way to being kept."""
        self.authors: dict[str, None] = {}
        """Who has said something, in that order, without those whom nobody can name."""
        self.on_author: Callable[[], None] = lambda: None
        """Called when there is one more of them."""
        self._memory = memory
        self._tasks = OwnedTasks()
        self._deletions = OwnedTasks()
        self._recalled = asyncio.Event()
        self._unknown: deque[Callable[[], None]] = deque(maxlen=MOST_UNKNOWN)
        self._gave_up = False
        self._waited = 0.0
        self._kept: asyncio.Task[bool] | None = None
        self._open: OpenTurn | None = None
        self._superseded: Turn | None = None
        self._undelivered: set[str] = set()
        self._taken_back: set[tuple[str, str]] = set()

    def restored(self) -> None:
        """Go on: it is known in which conversation, and what is remembered of it is restored."""
        self.notes.release()
        self._recalled.set()
        self._taken_back.clear()
        while self._unknown:
            self._unknown.popleft()()

    async def recalled(self, limit: float = RECALL_LIMIT) -> None:
        """See `Journal`."""
        if self._recalled.is_set() or self._gave_up:
            return
        began_at = _now()
        try:
            async with asyncio.timeout(limit):
                await self._recalled.wait()
        except TimeoutError:
            self._gave_up = True
        self._waited = _now() - began_at

    def unknown(self, look_again: Callable[[], None]) -> None:
        """See `Journal`."""
        if not self._recalled.is_set():
            self._unknown.append(look_again)

    async def noted(self) -> None:
        """See `Journal`."""
        limit, self._waited = RECALL_LIMIT - self._waited, 0.0
        if self._kept is not None and not self._kept.done() and limit > 0:
            await asyncio.wait({self._kept}, timeout=limit)

    def asked(self, question: Question) -> None:
        """See `Journal`."""
        self._note_author(question.identity)
        self._keep_question(question, None)

    def edited(self, question: Question, turn: Turn) -> None:
        """See `Journal`."""
        if self._open is not None and self._open.turn is not turn:
            self._open.give_away(question)
        self._keep_question(question, turn)

    def taken_back(self, question: Question) -> None:
        """See `Journal`."""
        if not self._recalled.is_set():
            self._taken_back.add((question.identity, question.id))
        self._forget_question(question.identity, question.id)

    def took_back(self, question: Question) -> bool:
        """Whether a question was taken back before `restored`: it may be remembered as one that was answered."""
        return (question.identity, question.id) in self._taken_back

    def deleted(self, message_id: str, identity: str) -> None:
        """See `Journal`."""
        self._forget_question(identity, message_id)
        if not self._deletions:
            self._deletions.spawn(self._confirm_deletions(), "deletion")

    def overheard(self, turn: Turn) -> None:
        """See `Journal`."""
        self._keep_ended(turn, delivered=True)
        for question in turn.questions:
            self._note_author(question.identity)
            self._keep_question(question, turn)

    def postponed(self, turn: Turn) -> None:
        """See `Journal`."""
        self._keep_open(turn, "")
        for question in turn.questions:
            self._keep_question(question, turn)

    def begun(self, turn: Turn) -> None:
        """See `Journal`."""
        turn.attempts = 1 if turn.id in self._undelivered else turn.attempts + 1
        self._undelivered.discard(turn.id)
        self.postponed(turn)
        self._forget_superseded(turn)
        if self.notes.is_closed:
            return
        self._open = OpenTurn(turn, lambda shown: self._keep_open(turn, shown))
        # It is waited for beside the LLM, see `noted`.
        keeping = self._memory.kept(KEEPING_LIMIT) if self.notes.is_open else None
        self._kept = self._tasks.spawn(keeping, "turn being kept") if keeping else None

    def writing(self, shown: Callable[[], str]) -> None:
        """See `Journal`."""
        if self._open is not None:
            self._open.shown = shown

    def superseded(self, turn: Turn) -> None:
        """See `Journal`."""
        # Until another turn has its bubble, a later process would go on with this one.
        self._forget_superseded(turn)
        self._close_open(turn)
        self._superseded = turn

    def ended(self, turn: Turn) -> None:
        """See `Journal`."""
        self._undelivered.add(turn.id)
        self._keep_ended(turn, delivered=False)
        self._close_open(turn)

    def delivered(self, turn: Turn) -> None:
        """See `Journal`."""
        if turn.id in self._undelivered:
            self._undelivered.discard(turn.id)
            self._keep_ended(turn, delivered=True)
            turn.attempts = 0

    def withdrawn(self, turn: Turn) -> None:
        """See `Journal`."""
        self._close_open(turn)
        self._undelivered.discard(turn.id)
        # Should this process die before it is deleted, a later one knows its id.
        self.notes.put(self._memory.keep_turn, withdrawn_snapshot(turn))

    def undone(self, turn: Turn) -> None:
        """See `Journal`."""
        self._close_open(turn)
        self._undelivered.discard(turn.id)
        if self._superseded is turn:
            self._superseded = None
        self.notes.put(self._memory.forget_turn, turn.id)

    def forgotten(self, turn: Turn) -> None:
        """See `Journal`."""
        self.undone(turn)
        for question in turn.questions:
            self.taken_back(question)

    def close(self) -> None:
        """See `Journal`."""
        self.notes.close()
        self._unknown.clear()
        self._recalled.set()
        self._tasks.cancel()
        self._deletions.cancel()
        if self._open is not None:
            self._open.close()

    def _note_author(self, identity: str) -> None:
        if identity != UNKNOWN and identity not in self.authors:
            self.authors[identity] = None
            self.on_author()

    def _close_open(self, turn: Turn) -> None:
        if self._open is None or self._open.turn is not turn:
            return
        for author, message_id in self._open.dropped:
            # It was deleted, or turned out to be an agent's.
            self._forget_question(author, message_id)
        for question in self._open.renamed:
            self._keep_question(question, turn)
        self._open.close()
        self._open = None

    def _forget_superseded(self, by: Turn) -> None:
        if self._superseded is not None and self._superseded is not by:
            self.notes.put(self._memory.forget_turn, self._superseded.id)
        self._superseded = None

    def _keep_open(self, turn: Turn, shown: str) -> None:
        self.notes.put(self._memory.keep_turn, open_snapshot(turn, shown))

    def _keep_ended(self, turn: Turn, *, delivered: bool) -> None:
        snapshot = ended_snapshot(turn, delivered=delivered)
        self.notes.put(self._memory.keep_turn, snapshot)

    def _keep_question(self, question: Question, turn: Turn | None) -> None:
        snapshot = question_snapshot(question, turn)
        self.notes.put(self._memory.keep_question, snapshot)

    def _forget_question(self, author: str, message_id: str) -> None:
        self.notes.put(self._memory.forget_question, author, message_id)

    async def _confirm_deletions(self) -> None:
        if not await self._memory.kept(KEEPING_LIMIT):
            logger.warning("a deleted message is not deleted from memory yet")


def _now() -> float:
    return asyncio.get_running_loop().time()
