"""An agent that sends its whole text as JSON for every token, as the removed API led to.

The message goes out once on ``lk-chat-topic`` and then, for each further token, whole on
``lk-chat-update-topic``; each packet is awaited in the loop over the LLM's tokens.
"""

import asyncio
import json
import os
import time
import uuid

from livekit import rtc
from livekit.agents import AgentServer, JobContext, cli, llm
from livekit.plugins import openai

from benchmarks.peers.hosting import make_server
from benchmarks.topics import AGENT_STATE, CHAT_TOPIC, CHAT_UPDATE_TOPIC

server: AgentServer = make_server()


class Conversation:
    """One room's history and the replies to what is said in it."""

    def __init__(self, room: rtc.Room) -> None:
        self._participant = room.local_participant
        self._llm = openai.LLM(model=os.environ.get("CHAT_MODEL", "gpt-4.1"))
        self._history = llm.ChatContext.empty()
        self._history.add_message(role="system", content="Answer briefly.")
        self._replies: set[asyncio.Task[None]] = set()
        room.on("data_received", self._hear)

    def _hear(self, packet: rtc.DataPacket) -> None:
        if packet.topic == CHAT_TOPIC:
            reply = asyncio.create_task(self._reply(json.loads(packet.data)["message"]))
            self._replies.add(reply)
            reply.add_done_callback(self._replies.discard)

    async def _reply(self, heard: str) -> None:
        self._history.add_message(role="user", content=heard)
        message = {"id": uuid.uuid4().hex, "message": "", "timestamp": int(time.time() * 1000)}
        text, topic = "", CHAT_TOPIC
        async with self._llm.chat(chat_ctx=self._history) as stream:
            async for chunk in stream:
                if chunk.delta is None or not chunk.delta.content:
                    continue
                text += chunk.delta.content
                await self._participant.publish_data(
                    json.dumps(message | {"message": text}), topic=topic
                )
                topic = CHAT_UPDATE_TOPIC
        self._history.add_message(role="assistant", content=text)


@server.rtc_session()
async def converse(ctx: JobContext) -> None:
    """Answer in one room; the framework keeps the job until the room ends."""
    await ctx.connect()
    # The room's event handler keeps it alive.
    Conversation(ctx.room)
    await ctx.room.local_participant.set_attributes({AGENT_STATE: "listening"})


if __name__ == "__main__":
    cli.run_app(server)
