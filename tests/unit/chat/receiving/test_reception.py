"""Each message once, whoever sent it and by how many ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat import ChatMessage, RejectedMessage
from chat.receiving.reception import IncomingStream, Reception, StreamHeader
from chat.wire import ATTRIBUTE_DELETED, ATTRIBUTE_REVISION, BLANK

TIMESTAMP = 1_700_000_000_000


class Recorder:
    """A reception, and what it has emitted."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Any]] = []
        self.reception = Reception(lambda *event: self.events.append(event), _attribute)

    def packet(
        self,
        text: str,
        *,
        message_id: str = "1",
        sender: str | None = "ada",
        update: bool = False,
        deleted: bool = False,
    ) -> None:
        message = ChatMessage(text, message_id, deleted=deleted)
        self.reception.take_packet(message, sender, update=update)

    def stream(
        self,
        *chunks: str,
        message_id: str = "1",
        sender: str = "ada",
        by_agent: bool = False,
        attributes: Mapping[str, str] | None = None,
    ) -> IncomingStream:
        header = StreamHeader(message_id, TIMESTAMP, attributes or {}, by_agent)
        incoming = self.reception.open_stream(header, sender)
        for chunk in chunks:
            incoming.grow(chunk)
        return incoming

    def told(self) -> list[tuple[str, str | None, bool]]:
        """Return event, text and completeness of all since the last call."""
        told = [(name, m.message, m.complete) for name, m in self.events]
        self.events.clear()
        return told


def _attribute(message: ChatMessage, identity: str | None) -> ChatMessage:
    return replace(message, participant_identity=identity)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


def test_a_packet_is_added_and_received(recorder: Recorder) -> None:
    recorder.packet("hi")
    assert [name for name, _ in recorder.events] == ["message_added", "message_received"]
    first, second = (message for _, message in recorder.events)
    assert first == second
    assert first is not second
    assert (first.id, first.participant_identity, first.edited) == ("1", "ada", False)


def test_a_growing_stream_is_added_then_updated_and_received_at_its_end(
    recorder: Recorder,
) -> None:
    recorder.stream("Hel", "lo").finish()
    assert recorder.told() == [
        ("message_added", "Hel", False),
        ("message_updated", "Hello", False),
        ("message_updated", "Hello", True),
        ("message_received", "Hello", True),
    ]


def test_every_event_has_a_message_of_its_own(recorder: Recorder) -> None:
    incoming = recorder.stream("Hel")
    first = recorder.events[0][1]
    incoming.grow("lo")
    assert first.message == "Hel"


@pytest.mark.parametrize("blank", ["", " ", "\n\t "])
def test_blank_text_is_ignored(recorder: Recorder, blank: str) -> None:
    recorder.packet(blank, message_id="1")
    recorder.stream(blank, message_id="2").finish()
    assert recorder.told() == []


def test_blank_text_before_the_first_word_is_kept(recorder: Recorder) -> None:
    recorder.stream("\n", "hi").finish()
    assert recorder.told()[-1] == ("message_received", "\nhi", True)


def test_an_id_whose_stream_carried_nothing_is_still_free(recorder: Recorder) -> None:
    recorder.stream().finish()
    recorder.stream("hi", attributes={ATTRIBUTE_REVISION: "true"}).finish()
    assert recorder.events[0][0] == "message_added"
    assert recorder.events[-1][1].id == "1"
    assert not recorder.events[-1][1].edited


@pytest.mark.parametrize("update", [False, True])
def test_a_packet_edits_its_senders_message(recorder: Recorder, update: bool) -> None:
    recorder.packet("hi")
    recorder.told()
    recorder.packet("ho", update=update)
    assert recorder.events[0][1].edited
    assert recorder.told() == [
        ("message_updated", "ho", True),
        ("message_received", "ho", True),
    ]


def test_an_edit_can_empty_a_message(recorder: Recorder) -> None:
    recorder.packet("hi")
    recorder.packet("", update=True)
    assert recorder.told()[-1] == ("message_received", "", True)


def test_nobody_edits_or_deletes_anothers_message(recorder: Recorder) -> None:
    recorder.packet("hi")
    recorder.told()
    recorder.packet("I owe eve money", sender="eve", update=True)
    recorder.packet("", sender="eve", update=True, deleted=True)
    assert recorder.told() == []
    assert recorder.reception.refused == 2


def test_a_stream_that_revises_replaces_the_text(recorder: Recorder) -> None:
    recorder.stream("hi").finish()
    recorder.told()
    recorder.stream("ho", "ho", attributes={ATTRIBUTE_REVISION: "true"}).finish()
    assert all(message.edited and message.id == "1" for _, message in recorder.events)
    assert [text for _, text, _ in recorder.told()] == ["ho", "hoho", "hoho", "hoho"]


def test_a_revision_is_an_edit_though_it_was_opened_before_the_text_was_complete(
    recorder: Recorder,
) -> None:
    first = recorder.stream("h")
    revision = recorder.stream(attributes={ATTRIBUTE_REVISION: "true"})
    first.grow("i")
    first.finish()
    revision.grow("ho")
    revision.finish()
    received = [m for name, m in recorder.events if name == "message_received"]
    assert [(m.message, m.id, m.edited) for m in received] == [
        ("hi", "1", False),
        ("ho", "1", True),
    ]


def test_what_follows_a_message_that_was_broken_off_is_no_edit(recorder: Recorder) -> None:
    recorder.stream("too lo").break_off()
    recorder.stream("short", attributes={ATTRIBUTE_REVISION: "true"}).finish()
    recorder.stream("too lo", message_id="2").break_off()
    recorder.packet("short", message_id="2", update=True)
    received = [message for name, message in recorder.events if name == "message_received"]
    assert [(m.message, m.edited) for m in received] == [("short", False), ("short", False)]


def test_an_agent_revises_without_saying_so(recorder: Recorder) -> None:
    recorder.stream("hi", by_agent=True).finish()
    recorder.stream("ho", by_agent=True).finish()
    assert {message.id for _, message in recorder.events} == {"1"}


def test_a_client_that_repeats_an_id_has_sent_two_messages(recorder: Recorder) -> None:
    recorder.stream("hi").finish()
    recorder.stream("ho").finish()
    received = [message for name, message in recorder.events if name == "message_received"]
    assert [message.message for message in received] == ["hi", "ho"]
    assert received[1].id != "1"
    assert not received[1].edited


def test_an_emptied_streamed_message_is_empty(recorder: Recorder) -> None:
    recorder.stream("hi").finish()
    recorder.stream(BLANK, attributes={ATTRIBUTE_REVISION: "true"}).finish()
    assert recorder.told()[-1] == ("message_received", "", True)


def test_a_stream_deletes(recorder: Recorder) -> None:
    recorder.stream("hi").finish()
    recorder.told()
    recorder.stream(
        BLANK, attributes={ATTRIBUTE_REVISION: "true", ATTRIBUTE_DELETED: "true"}
    ).finish()
    assert all(message.deleted for _, message in recorder.events)
    assert recorder.told() == [("message_deleted", "", True), ("message_received", "", True)]


def test_a_packet_deletes(recorder: Recorder) -> None:
    recorder.packet("hi")
    recorder.told()
    recorder.packet("", update=True, deleted=True)
    assert [name for name, _, _ in recorder.told()] == ["message_deleted", "message_received"]


def test_a_stream_delivered_again_tells_nothing_new(recorder: Recorder) -> None:
    recorder.stream("Hel", "lo").finish()
    recorder.told()
    recorder.stream("Hello", attributes={ATTRIBUTE_REVISION: "true"}).finish()
    assert recorder.told() == []


def test_a_stream_that_broke_off_stays_as_it_stands_and_is_not_received(
    recorder: Recorder,
) -> None:
    recorder.stream("Hel").break_off()
    assert recorder.told() == [("message_added", "Hel", False), ("message_updated", "Hel", True)]


@pytest.mark.parametrize("again", ["revision", "packet", "update"])
@pytest.mark.parametrize("before", [(), ("hi",)])
def test_a_stream_of_which_only_the_end_was_lost_is_received_when_it_comes_again(
    recorder: Recorder, before: tuple[str, ...], again: str
) -> None:
    revision = {ATTRIBUTE_REVISION: "true"}
    for text in before:
        recorder.stream(text).finish()
    recorder.stream("Hello", attributes=revision if before else {}).break_off()
    recorder.told()
    for _ in range(2):
        if again == "revision":
            recorder.stream("Hello", attributes=revision).finish()
        else:
            recorder.packet("Hello", update=again == "update")
    told = recorder.told()
    assert told[-2:] == [("message_updated", "Hello", True), ("message_received", "Hello", True)]
    assert [name for name, _, _ in told].count("message_received") == 1


def test_a_stream_that_broke_off_before_its_first_text_tells_nothing(recorder: Recorder) -> None:
    recorder.stream().break_off()
    assert recorder.told() == []
    recorder.packet("hi")
    assert recorder.told()[0] == ("message_added", "hi", True)


@pytest.mark.parametrize("stream_id", ["", "x" * 257])
def test_an_unusable_stream_id_is_replaced(recorder: Recorder, stream_id: str) -> None:
    recorder.stream("hi", message_id=stream_id).finish()
    assert 0 < len(recorder.events[0][1].id) <= 256


def test_says_whose_message_was_rejected(recorder: Recorder) -> None:
    recorder.reception.reject("ada", "too long")
    assert recorder.events == [("message_rejected", RejectedMessage("ada", "too long"))]


@dataclass(frozen=True)
class Twins:
    """A message that travels as a stream and as a packet that does not say so."""

    message_id: str
    chunks: tuple[str, ...]
    named: bool

    @property
    def text(self) -> str:
        return "".join(self.chunks)


@settings(deadline=None)
@given(st.data())
def test_twins_in_any_order_are_one_message(data: st.DataObject) -> None:
    chunks = st.lists(st.text("ab", min_size=1, max_size=2), min_size=1, max_size=3)
    twins = [
        Twins(str(n), tuple(c), named=data.draw(st.booleans()))
        for n, c in enumerate(data.draw(st.lists(chunks, min_size=1, max_size=3)))
    ]
    recorder = Recorder()
    streams: dict[str, IncomingStream] = {}
    # Two packets, in case one is delivered twice; the stream's own steps keep their order.
    steps = data.draw(
        st.permutations(
            [t for t in twins for _ in range(len(t.chunks) + 2)]
            + [replace(t, message_id=f"{t.message_id} packet") for t in twins for _ in range(2)]
        )
    )
    progress: dict[str, int] = {}
    for step in steps:
        if step.message_id.endswith("packet"):
            sender = "ada" if step.named else None
            recorder.packet(step.text, message_id=step.message_id.split()[0], sender=sender)
            continue
        done = progress[step.message_id] = progress.get(step.message_id, -1) + 1
        if done == 0:
            streams[step.message_id] = recorder.stream(message_id=step.message_id)
        elif done <= len(step.chunks):
            streams[step.message_id].grow(step.chunks[done - 1])
        else:
            streams[step.message_id].finish()
    for name in ("message_added", "message_received"):
        ids = [message.id for event, message in recorder.events if event == name]
        assert sorted(ids) == [t.message_id for t in twins], name
    received = {m.id: m.message for event, m in recorder.events if event == "message_received"}
    assert received == {t.message_id: t.text for t in twins}
