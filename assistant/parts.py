"""The parts of a room and how they fit together: the one place where a room is assembled."""

from __future__ import annotations

from dataclasses import dataclass

from livekit import rtc

from chat import ChatManager
from speech.services import SpeechServices

from .answering.aloud import ReadingAloud
from .answering.answering import Answering, ProcessResources
from .answering.session import TextSession
from .arriving.addressing import Addressing
from .arriving.admission import Admission
from .arriving.arrivals import Arrivals
from .arriving.transcripts import Transcripts
from .arriving.typed import TypedMessages
from .arriving.utterances import SpokenWords
from .conversation.comeback import Comeback
from .conversation.conversation import Conversation
from .conversation.greeting import Greeting
from .conversation.resumption import Resumption
from .memory.journal import Journal
from .memory.memory import RoomMemory
from .memory.room_journal import RoomJournal
from .options import RoomOptions
from .people.notices import Notices
from .people.people import People
from .room_speech import RoomSpeech
from .turns.history import History


@dataclass(frozen=True)
class RoomParts:
    """What works together in a room."""

    chat: ChatManager
    people: People
    history: History
    session: TextSession
    notices: Notices
    answering: Answering
    conversation: Conversation
    greeting: Greeting
    arrivals: Arrivals
    typed: TypedMessages
    speech: RoomSpeech
    journal: Journal
    comeback: Comeback

    async def end_conversation(self, grace: float) -> bool:
        """Answer nothing new, and wait until all that was begun is delivered.

        People can still write meanwhile: they may stop the reply, and what they ask stays unanswered.

        Args:
            grace: Seconds that a running reply may go on.

        Returns:
            Whether questions are left.
        """
        self.greeting.close()
        self.comeback.close()
        await self.conversation.aclose(grace)
        await self.speech.end()
        undecided = self.typed.undecided or self.speech.undecided
        unanswered = self.conversation.unanswered or undecided
        self.typed.close()
        self.arrivals.close()
        return unanswered

    def cancel(self) -> None:
        """Release every handler and task but the session's. Unfinished deliveries are dropped.

        What is unfinished is left as such to a later process, if the conversation is kept.
        """
        self.journal.close()
        self.greeting.close()
        self.comeback.close()
        self.typed.close()
        self.speech.cancel()
        self.arrivals.close()
        self.conversation.cancel()
        self.notices.cancel()
        self.chat.close()


def assemble(
    room: rtc.Room,
    chat: ChatManager,
    session: TextSession,
    resources: ProcessResources,
    options: RoomOptions,
    services: SpeechServices | None = None,
    memory: RoomMemory | None = None,
) -> RoomParts:
    """Put a room together. It takes messages from now on, and answers none before `Conversation.begin`.

    Args:
        room: The room, connected or not.
        chat: Its chat.
        session: What generates answers; not started yet.
        resources: What the rooms of this process share.
        options: What was chosen for this room.
        services: What the rooms of this process share of speech; None for a room without.
        memory: Keeps the conversation; None keeps nothing.
    """
    kept_by = None if memory is None else RoomJournal(memory)
    journal = kept_by or Journal()
    people, history, notices = (
        People(room),
        History(options.limits.context_bytes, options.dates),
        Notices(chat),
    )
    speech = RoomSpeech(room, services, options, notices)
    answering = Answering(
        chat,
        people,
        session,
        resources,
        history,
        options.limits.patience,
        ReadingAloud(speech.open_reply),
        journal,
    )
    conversation = Conversation(people, answering, history, options.overlap, journal)
    resumption = None
    if memory is not None and kept_by is not None:
        resumption = Resumption(memory, kept_by, people, history, conversation, answering)
    arrivals = Arrivals(
        people,
        conversation,
        notices,
        Admission(conversation, notices, options.limits),
        Addressing(people, conversation, options.agent_name, options.mention),
    )
    if services is not None:
        words = SpokenWords(
            Transcripts(chat.show_transcript),
            people,
            conversation,
            notices,
            arrivals,
            max_message_bytes=options.max_message_bytes,
            barge_in=speech.barge_in,
        )
        speech.listen(words, services)
    return RoomParts(
        chat=chat,
        people=people,
        history=history,
        session=session,
        notices=notices,
        answering=answering,
        conversation=conversation,
        greeting=Greeting(chat, people, conversation, journal),
        arrivals=arrivals,
        typed=TypedMessages(chat, people, conversation, notices, arrivals),
        speech=speech,
        journal=journal,
        comeback=Comeback(people, notices, resumption),
    )
