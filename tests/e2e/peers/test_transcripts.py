"""What people say, shown by an agent in a real room in their names."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from livekit import rtc

from chat import ChatManager, ChatMessage, TranscriptReader
from tests.environment import environment_with
from tests.tokens import MintToken, ParticipantKind
from tests.waiting import eventually
from worker.devstack.livekit_server import LiveKitServer
from worker.devstack.paths import PROJECT

JOIN_LIMIT = 10.0
"""Seconds until two participants know of each other; three were seen."""

KEY = "a key for everybody"


class Peer:
    """Somebody with a manager, who notes what reaches them, in order."""

    def __init__(self) -> None:
        self.room = rtc.Room()
        self.chat = ChatManager(self.room)
        self.transcripts = TranscriptReader(self.room, self._note)
        self.chat.on("message_received", self._note)
        self.noted: list[tuple[str | None, str | None, bool]] = []
        """Of each message its sender, its text, and whether it is complete."""

    def _note(self, message: ChatMessage) -> None:
        self.noted.append((message.participant_identity, message.message, message.complete))

    def reaches(self, *identities: str) -> bool:
        return set(identities) <= set(self.chat._roster.reachable())


class Entrance:
    """The way into the room of a test."""

    def __init__(self, server: LiveKitServer, token: MintToken, room: str) -> None:
        self.server = server
        self.token = token
        self.room = room

    @asynccontextmanager
    async def enter(
        self, identity: str, kind: ParticipantKind = "standard", *, encrypted: bool = False
    ) -> AsyncIterator[Peer]:
        peer = Peer()
        provider = rtc.KeyProviderOptions(shared_key=KEY.encode())
        encryption = rtc.E2EEOptions(key_provider_options=provider) if encrypted else None
        token = self.token(identity, self.room, name=identity.capitalize(), kind=kind)
        options = rtc.RoomOptions(auto_subscribe=False, encryption=encryption)
        await peer.room.connect(self.server.url, token, options)
        try:
            yield peer
        finally:
            peer.transcripts.close()
            await peer.chat.aclose()
            await peer.room.disconnect()


async def test_everybody_has_the_words_as_the_speakers_before_the_answer(
    livekit_server: LiveKitServer, token: MintToken
) -> None:
    entrance = Entrance(livekit_server, token, "spoken")
    async with (
        entrance.enter("ann") as ann,
        entrance.enter("ben") as ben,
        entrance.enter("assistant", "agent") as agent,
    ):
        await eventually(lambda: agent.reaches("ann", "ben"), JOIN_LIMIT)
        await agent.chat.show_transcript("ann", "SG_1", "What", final=False, track_sid="TR_1")
        await agent.chat.show_transcript("ann", "SG_1", "What is it?", final=True)
        reply = await agent.chat.send_message("It", complete=False)
        reply.message = "It is."
        await agent.chat.update_message(reply)

        expected = [
            ("ann", "What", False),
            ("ann", "What is it?", True),
            ("assistant", "It is.", True),
        ]
        await eventually(lambda: len(ann.noted) == len(ben.noted) == 3)
        assert ann.noted == ben.noted == expected
        assert agent.noted == []


async def test_a_long_text_arrives_whole_and_final(
    livekit_server: LiveKitServer, token: MintToken
) -> None:
    text = "Wörter und Wörter " * 2_000
    entrance = Entrance(livekit_server, token, "long-spoken")
    async with entrance.enter("ann") as ann, entrance.enter("assistant", "agent") as agent:
        await eventually(lambda: agent.reaches("ann"), JOIN_LIMIT)
        await agent.chat.show_transcript("ann", "SG_1", text, final=True)
        await eventually(lambda: ann.noted)
        assert ann.noted == [("ann", text, True)]


async def test_the_words_of_somebody_who_left_arrive_with_the_name(
    livekit_server: LiveKitServer, token: MintToken
) -> None:
    entrance = Entrance(livekit_server, token, "left")
    async with entrance.enter("ben") as ben, entrance.enter("assistant", "agent") as agent:
        async with entrance.enter("ann"):
            await eventually(lambda: agent.reaches("ann", "ben"), JOIN_LIMIT)
            await agent.chat.show_transcript("ann", "SG_1", "What", final=False)
        await eventually(lambda: "ann" not in agent.room.remote_participants)
        await agent.chat.show_transcript("ann", "SG_1", "What is it?", final=True)
        await eventually(lambda: len(ben.noted) == 2)
        assert ben.noted == [("ann", "What", False), ("ann", "Ann: What is it?", True)]


async def test_encrypted_words_arrive_as_the_agents_with_the_name(
    livekit_server: LiveKitServer, token: MintToken
) -> None:
    entrance = Entrance(livekit_server, token, "encrypted-spoken")
    async with (
        entrance.enter("ann", encrypted=True) as ann,
        entrance.enter("assistant", "agent", encrypted=True) as agent,
    ):
        ann.transcripts.close()  # It reads nothing of agents.
        senders: list[str] = []
        texts: list[str] = []
        reading: set[asyncio.Task[None]] = set()

        async def read(reader: rtc.TextStreamReader) -> None:
            texts.append(await reader.read_all())

        def note(reader: rtc.TextStreamReader, sender: str) -> None:
            senders.append(sender)
            reading.add(asyncio.ensure_future(read(reader)))

        ann.room.register_text_stream_handler("lk.transcription", note)
        await eventually(lambda: agent.reaches("ann"), JOIN_LIMIT)
        await agent.chat.show_transcript("ann", "SG_1", "What is it?", final=True)
        await eventually(lambda: texts)
        assert (senders, texts) == (["assistant"], ["Ann: What is it?"])


async def test_the_terminal_prints_what_people_say_once(
    livekit_server: LiveKitServer, token: MintToken
) -> None:
    entrance = Entrance(livekit_server, token, "terminal-spoken")
    async with entrance.enter("ann"), entrance.enter("assistant", "agent") as agent:
        settings = {
            "LIVEKIT_URL": livekit_server.url,
            "LIVEKIT_API_KEY": livekit_server.api_key,
            "LIVEKIT_API_SECRET": livekit_server.api_secret,
            "CHAT_AGENT_NAME": "",
        }
        terminal = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "chat", "--room", entrance.room, "--identity", "you"),
            cwd=PROJECT,
            env=environment_with(**settings),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert terminal.stdin is not None
        assert terminal.stdout is not None
        try:
            await eventually(lambda: agent.reaches("you"), 3 * JOIN_LIMIT)
            await agent.chat.show_transcript("ann", "SG_1", "What", final=False)
            await agent.chat.show_transcript("ann", "SG_1", "What is it?", final=True)
            await agent.chat.send_message("It is.")
            async with asyncio.timeout(JOIN_LIMIT):
                lines = [await terminal.stdout.readline() for _ in range(2)]
            assert lines == [b"Ann (spoken): What is it?\n", b"Assistant: It is.\n"]
        finally:
            terminal.stdin.close()
            async with asyncio.timeout(JOIN_LIMIT):
                assert await terminal.wait() == 0
