"""What people say becomes an event like those for what they write."""

from __future__ import annotations

from chat.terminal.events import Event, Person, Wrote
from chat.terminal.watcher import watch_voices
from tests.doubles import FakeRoom
from tests.waiting import eventually


async def test_what_people_say_is_told_as_spoken() -> None:
    room = FakeRoom()
    events: list[Event] = []
    watch_voices(room, events.append)
    room.join("ann")._info.name = "Ann"
    for number, final in enumerate(("false", "true")):
        attributes = {"lk.segment_id": "SG_1", "lk.transcription_final": final}
        stream = room.open_stream("ann", str(number), attributes, topic="lk.transcription")
        stream.write("hello"[: 3 + 2 * number])
        stream.end()
    ann = Person("ann", "Ann")
    await eventually(lambda: len(events) == 2)
    assert events == [
        Wrote(ann, "SG_1", "hel", complete=False, spoken=True),
        Wrote(ann, "SG_1", "hello", spoken=True),
    ]
