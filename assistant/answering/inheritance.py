"""Messages that a former process of the agent began, and that this one goes on with."""

from __future__ import annotations

from assistant.turns.bubble import Bubble
from chat import ChatManager, ChatMessage


def message_of(bubble: Bubble, chat: ChatManager) -> ChatMessage | None:
    """The message of a bubble, taken over if a former process may have sent it.

    Returns:
        None if nobody has sent anything of it yet.
    """
    if bubble.message is None and (inherited := bubble.inherited) is not None:
        bubble.message = chat.adopt(
            bubble.message_id,
            inherited.text,
            complete=inherited.complete,
            timestamp=inherited.sent_at,
        )
        bubble.inherited = None
    return bubble.message
