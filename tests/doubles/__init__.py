"""Doubles of the services that the project talks to and a test cannot have.

``llm`` is an OpenAI-compatible server, ``speech`` one for sound and words, ``raw_http`` one that sends any
bytes, ``room`` a LiveKit room without a server, ``page`` what a client in such a room shows.
"""

from .frames import Chunk, Fate, Frame, Header, Packet, Protobuf, Trailer
from .hello import say_hello
from .llm import MODEL, FakeOpenAI, Message, Reply, echo, last_user_text, without_time, words
from .page import Client, Page
from .protobuf import faked_protobuf, receive_protobuf
from .raw_http import End, RawAnswer, RawRequest, RawService
from .room import FakeRoom
from .speech import SPOKEN_RATE, FakeSpeech, Line, Sound, SpeechReply, numbered, spoken, tone

__all__ = [
    "MODEL",
    "SPOKEN_RATE",
    "Chunk",
    "Client",
    "End",
    "FakeOpenAI",
    "FakeRoom",
    "FakeSpeech",
    "Fate",
    "Frame",
    "Header",
    "Line",
    "Message",
    "Packet",
    "Page",
    "Protobuf",
    "RawAnswer",
    "RawRequest",
    "RawService",
    "Reply",
    "Sound",
    "SpeechReply",
    "Trailer",
    "echo",
    "faked_protobuf",
    "last_user_text",
    "numbered",
    "receive_protobuf",
    "say_hello",
    "spoken",
    "tone",
    "without_time",
    "words",
]
