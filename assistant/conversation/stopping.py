"""What somebody who says stop means: the reply that runs, what is read out, or what they have waiting."""

from __future__ import annotations

from assistant.answering.answering import Answering
from assistant.memory.journal import Journal
from assistant.turns.turn import Outcome
from assistant.turns.waiting import WaitingQuestions

from .current_turn import CurrentTurn
from .stop import Stop

_FOLLOWED_BY_MORE = (Outcome.INTERRUPTED, Outcome.SUPERSEDED, Outcome.STOPPED)
"""How a reply was cut off of which a stop says that all is meant."""


class Stopping:
    """Stops replies, and takes back what waits to be answered."""

    def __init__(
        self,
        current: CurrentTurn,
        waiting: WaitingQuestions,
        answering: Answering,
        journal: Journal,
    ) -> None:
        """Stop nothing yet.

        Args:
            current: The turn that runs.
            waiting: What nobody has begun to answer.
            answering: Ends turns that do not run.
            journal: Is told what was taken back.
        """
        self._current = current
        self._waiting = waiting
        self._answering = answering
        self._journal = journal

    def stop(self, identity: str, moderator: bool) -> Stop:
        """Stop the running reply, or take back what somebody has waiting.

        Args:
            identity: Who wants it.
            moderator: Whether they may stop everybody's.
        """
        current, running = self._current, self._current.attempt
        hushed = current.hush_ended(lambda turn: moderator or current.may_end(turn, identity))
        if running is None or not (moderator or current.may_end(running.turn, identity)):
            if self._take_back(identity):
                return Stop.TAKEN_BACK
            if hushed:
                return Stop.STOPPED
            return Stop.NOTHING if running is None else Stop.REFUSED
        # What interrupted it would begin in a moment, and who says stop twice means all.
        means_more = running.cut_as in _FOLLOWED_BY_MORE
        running.cut(Outcome.STOPPED)
        taken_back = means_more and self._take_back(identity)
        return Stop.TAKEN_BACK if taken_back else Stop.STOPPED

    def may_stop(self, identity: str, moderator: bool) -> bool:
        """Whether the reply that runs, or the last one if none does, is somebody's to stop."""
        turn = self._current.newest
        return turn is not None and (moderator or self._current.may_end(turn, identity))

    def _take_back(self, identity: str) -> bool:
        """Take back what somebody has waiting. Returns whether there was anything."""
        questions, turns = self._waiting.remove_by(identity)
        for question in questions:
            self._journal.taken_back(question)
        for turn in turns:
            if turn.bubble.is_broken_off:
                self._answering.conclude(turn, Outcome.STOPPED, "notice_stopped")
            elif not turn.bubble.text:
                # Nobody had begun to answer it, and a later process is not to either.
                turn.outcome = Outcome.STOPPED
                self._answering.leave(turn)
        return bool(questions or turns)
