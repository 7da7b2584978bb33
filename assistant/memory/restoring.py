"""What is remembered becomes turns and questions again. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from assistant.turns.bubble import Bubble, Inherited
from assistant.turns.turn import Outcome, Question, Turn
from chat import is_blank

from .answers import answer_items
from .kept import KeptQuestion, KeptReply, KeptTurn, RecalledTurn, Recollection
from .times import of_loop


@dataclass(frozen=True)
class Restored:
    """What is remembered, as a conversation goes on with it."""

    turns: list[Turn]
    """All turns, oldest first. One whose answer was not ended counts as ended by the agent's leaving."""

    undelivered: list[Turn]
    """Those whose answer was ended, but may not have reached people."""

    unfinished: list[Turn]
    """Those whose answer was not ended."""

    waiting: list[Question]
    """What nobody had begun to answer, oldest first."""


def restore(recollection: Recollection) -> Restored:
    """Make turns and questions of what is remembered.

    Args:
        recollection: What is remembered.
    """
    recalled = _without_shadows(recollection.turns)
    turns = [(each, _turn(each)) for each in recalled]
    return Restored(
        turns=[turn for _, turn in turns],
        undelivered=[turn for each, turn in turns if _is_undelivered(each)],
        unfinished=[turn for each, turn in turns if _is_open(each.turn)],
        waiting=[restore_question(question) for question in recollection.waiting],
    )


def restore_question(kept: KeptQuestion) -> Question:
    """A question that is remembered."""
    return Question(
        id=kept.id,
        identity=kept.author,
        name=kept.name,
        text=kept.text,
        asked_at=of_loop(kept.asked_at),
        files=kept.files,
        spoken=kept.spoken,
    )


def _turn(recalled: RecalledTurn) -> Turn:
    kept, is_open = recalled.turn, _is_open(recalled.turn)
    reply = kept.reply or KeptReply("")
    return Turn(
        questions=[restore_question(question) for question in recalled.questions],
        created_at=kept.created_at,
        answer=answer_items(kept.answer, reply.kept, kept.created_at),
        outcome=Outcome.SHUT_DOWN if is_open else kept.outcome,
        bubble=_bubble(kept),
        ended_at=of_loop(kept.created_at if kept.ended_at is None else kept.ended_at),
        id=kept.id,
        attempts=kept.attempts if is_open else 0,
        restored=True,
        earlier=recalled.earlier,
        insiders=recalled.insiders,
    )


def _bubble(kept: KeptTurn) -> Bubble:
    if (reply := kept.reply) is None:
        return Bubble()
    sent_at = datetime.fromtimestamp(kept.created_at, UTC)
    inherited = Inherited(reply.text, not _is_open(kept), sent_at)
    return Bubble(
        text=reply.text, kept=reply.kept, message_id=reply.message_id, inherited=inherited
    )


def _is_open(kept: KeptTurn) -> bool:
    return kept.outcome is None and kept.ended_at is None


def _is_undelivered(recalled: RecalledTurn) -> bool:
    reply = recalled.turn.reply
    if reply is None or reply.delivered or is_blank(reply.text) or _is_open(recalled.turn):
        return False
    return not recalled.earlier


def _without_shadows(recalled: Sequence[RecalledTurn]) -> list[RecalledTurn]:
    """Join the turns of one bubble: the agent died while one took the place of the other."""
    joined: dict[str, RecalledTurn] = {}
    for each in recalled:
        reply = each.turn.reply
        key = each.turn.id if reply is None else reply.message_id
        # The questions that did not move yet are still in the older one.
        older = joined[key].questions if key in joined else ()
        joined[key] = replace(each, questions=(*older, *each.questions))
    return list(joined.values())
