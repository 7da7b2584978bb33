"""Doubles of the services that the project talks to and a test cannot have.

``llm`` is an OpenAI-compatible server, ``room`` a LiveKit room without a server, ``page`` what a
client in such a room shows.
"""

from .frames import Chunk, Fate, Frame, Header, Packet, Trailer
from .llm import MODEL, FakeOpenAI, Message, Reply, echo, last_user_text, words
from .page import Page, Speaks
from .room import FakeRoom

__all__ = [
    "MODEL",
    "Chunk",
    "FakeOpenAI",
    "FakeRoom",
    "Fate",
    "Frame",
    "Header",
    "Message",
    "Packet",
    "Page",
    "Reply",
    "Speaks",
    "Trailer",
    "echo",
    "last_user_text",
    "words",
]
