"""Chat over LiveKit rooms: the ``ChatManager`` API for today's SDK and every client.

``livekit.rtc`` had a ``ChatManager`` and a ``ChatMessage`` until 2025. Code written for them
runs after changing one import::

    from chat import ChatManager

    chat = ChatManager(room)

    @chat.on("message_received")
    async def answer(message):
        reply = await chat.send_message("Hel", complete=False)
        reply.message = "Hello!"
        await chat.update_message(reply)

This package knows rooms and participants. It knows no LLM, and imports nothing of
``livekit.agents``. Only the names exported here are public.

Where things are: ``message`` (the value), ``wire`` (bytes to values and back), ``dialect`` (which
packets a participant understands), ``inbox`` (receiving), ``outbox`` and ``channels`` (sending),
``roster`` (who is in the room), ``manager`` (the public face).
"""

from .manager import ChatManager
from .message import ChatMessage
from .reception import RejectedMessage

__all__ = ["ChatManager", "ChatMessage", "RejectedMessage"]
