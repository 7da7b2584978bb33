"""What people say aloud: each utterance is shown as their message, and becomes a question like a typed one."""

from __future__ import annotations

from functools import partial

from assistant.conversation.conversation import Conversation
from assistant.people.notices import Notices
from assistant.people.people import People
from assistant.speaking.barge_in import BargeIn
from assistant.turns.turn import Question
from chat import is_blank
from speech.utterance import Trouble, Understood, Utterance, WordListener

from .arrivals import Arrivals
from .spoken_stop import is_spoken_stop
from .transcripts import Transcripts

LONGEST_UTTERANCE = 32 * 1024
"""UTF-8 bytes of what is asked, if nothing else is chosen: as long as a typed message."""


class SpokenWords(WordListener):
    """Takes what the people in a room say, as far as the limits allow."""

    def __init__(
        self,
        transcripts: Transcripts,
        people: People,
        conversation: Conversation,
        notices: Notices,
        arrivals: Arrivals,
        *,
        max_message_bytes: int | None = None,
        barge_in: BargeIn | None = None,
    ) -> None:
        """Nobody has spoken yet.

        Args:
            transcripts: Shows what is said, before it is asked.
            people: Who is in the room. Only what people say may be told, not what agents do.
            conversation: Knows who has the floor.
            notices: Tells people what is not understood, or not taken.
            arrivals: What questions and stops are handed to.
            max_message_bytes: UTF-8 bytes beyond which an utterance is not asked; None for
                `LONGEST_UTTERANCE`.
            barge_in: What becomes of the agent's voice meanwhile; None if it has none.
        """
        self._transcripts = transcripts
        self._people = people
        self._conversation = conversation
        self._notices = notices
        self._arrivals = arrivals
        self._admission = arrivals.admission
        self._addressing = arrivals.addressing
        self._max_bytes = LONGEST_UTTERANCE if max_message_bytes is None else max_message_bytes
        self._barge_in = barge_in or BargeIn()
        self._names: dict[str, str] = {}
        self._is_closed = False

    @property
    def undecided(self) -> bool:
        """Whether anything is being said, or is not asked yet."""
        return bool(self._names)

    def allows(self, identity: str) -> bool:
        """Whether somebody may say one thing more, which is not counted by this. If not, they are told."""
        return self._admission.would_allow(identity)

    def refuse_microphone(self, identity: str) -> None:
        """Tell somebody that they are not listened to, as too many others are."""
        if not self._is_closed:
            self._notices.tell("notice_too_many_microphones", identity)

    def lose_microphone(self, identity: str) -> None:
        """Tell somebody that they are not listened to any more, as that does not work."""
        if not self._is_closed:
            self._notices.tell("notice_not_heard", identity)

    async def settled(self) -> None:
        """Wait until all that was understood is asked."""
        await self._transcripts.settled()

    def close(self) -> None:
        """Take nothing any more. What is on its way is not asked."""
        self._is_closed = True
        self._transcripts.close()
        self._barge_in.close()
        for utterance_id in self._names:
            self._conversation.floor.leave(utterance_id)
        self._names.clear()

    def began(self, utterance: Utterance) -> None:
        """Note that somebody may be asking something."""
        if self._is_closed:
            return
        # Who leaves in the middle of a sentence is still called by their name.
        self._names[utterance.id] = self._people.name(utterance.identity)
        self._conversation.floor.take(utterance.id, utterance.began_at)
        self._barge_in.began(utterance)

    def words(self, utterance: Utterance, text: str) -> None:
        """Show them."""
        if utterance.id in self._names:
            self._conversation.floor.has_words(utterance.id)
            self._transcripts.show(utterance, text)
            self._barge_in.words(utterance)

    def ended(self, utterance: Utterance) -> None:
        """Note that nothing is added to it."""
        if utterance.id in self._names:
            self._barge_in.ended(utterance)

    def understood(self, utterance: Utterance, result: Understood) -> None:
        """Show all of it, then ask it."""
        if utterance.id not in self._names:
            return
        if result.trouble is not None:
            self._tell(result.trouble, utterance.identity)
        take = partial(self._take, utterance, result.text)
        # Words that turned out to be nobody's are not taken back: they have been read.
        text = self._transcripts.shown(utterance) if is_blank(result.text) else result.text
        if is_blank(text):
            take()
        else:
            self._transcripts.finish(utterance, text, take)

    def _tell(self, trouble: Trouble, identity: str) -> None:
        is_ours = trouble is Trouble.REFUSED
        self._notices.tell("notice_not_heard_operator" if is_ours else "notice_not_heard", identity)

    def _take(self, utterance: Utterance, text: str) -> None:
        asked = False
        try:
            asked = not is_blank(text) and self._hand_over(self._question(utterance, text))
        finally:
            del self._names[utterance.id]
            self._conversation.floor.leave(utterance.id)
            settled = self._barge_in.asked if asked else self._barge_in.dropped
            settled(utterance)

    def _question(self, utterance: Utterance, text: str) -> Question:
        return Question(
            utterance.id,
            utterance.identity,
            self._names[utterance.id],
            text,
            asked_at=utterance.began_at,
            spoken=True,
        )

    def _hand_over(self, question: Question) -> bool:
        """Returns whether it was asked."""
        is_for_agent = self._addressing.is_for_agent(question)
        if len(question.text.encode()) > self._max_bytes:
            self._notices.tell("notice_message_too_long", question.identity)
        elif is_spoken_stop(question.text, self._addressing.agent_name):
            self._stop(question, is_for_agent=is_for_agent)
        elif not is_for_agent:
            self._arrivals.overhear(question)
        elif self._admission.allows(question.identity):
            return self._arrivals.ask(question)
        return False

    def _stop(self, question: Question, *, is_for_agent: bool) -> None:
        if is_for_agent or self._arrivals.may_stop(question.identity):
            self._arrivals.stop(question.identity)
        else:
            # It was said to somebody else, who is not to be told about the agent's rules.
            self._conversation.overhear(question)
