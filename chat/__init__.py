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

Only the names exported here are public:

- `ChatManager` sends and receives. `ChatMessage` with its `Attachment` or `MissingAttachment`, and
  `RejectedMessage` are what its events carry. `Dialect` names the kinds of clients it sends to.
- `TranscriptReader` receives what people say, where an agent writes it down.
- `generate_id` makes the id of a message that is to be known before it is sent.
- `OwnedTasks` keeps the background tasks that a handler starts, and ends them together.
- `printable_line` makes a name that a stranger chose safe to print; `is_blank` tells a text that would
  be an empty bubble; `failure_fields` says of an exception what a log may say.

The package knows rooms and participants. It knows no LLM, and imports nothing of
``livekit.agents``.

Modules: ``message`` (the value), ``wire`` (bytes to values and back), ``dialect``, ``detection`` and
``twins`` (which packets a participant understands), ``protobuf`` (packets that the SDK does not
expose), ``roster`` (who is in the room), ``receiving``, ``sending`` (with a channel for each dialect),
``manager`` (the public API).
"""

from .dialect import Dialect
from .failures import failure_fields
from .manager import ChatManager
from .message import Attachment, ChatMessage, MissingAttachment, generate_id
from .printable import is_blank, printable_line
from .receiving.reception import RejectedMessage
from .receiving.transcripts import TranscriptReader
from .tasks import OwnedTasks

__all__ = [
    "Attachment",
    "ChatManager",
    "ChatMessage",
    "Dialect",
    "MissingAttachment",
    "OwnedTasks",
    "RejectedMessage",
    "TranscriptReader",
    "failure_fields",
    "generate_id",
    "is_blank",
    "printable_line",
]
