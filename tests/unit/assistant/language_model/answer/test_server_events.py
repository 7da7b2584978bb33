"""Events out of bytes."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.language_model.answer.server_events import (
    EVENT_LIMIT,
    MOST_STRAY,
    EventReader,
    ServerEvent,
    TooLargeError,
)
from tests.unit.assistant.language_model.answer.splits import PLACES, cut

LINES = st.lists(
    st.sampled_from(
        [
            b"data: {}",
            b'data: {"a": 1}',
            b"data:",
            b"data",
            b"data: [DONE]",
            b"event: error",
            b"event",
            b"id: 1",
            b"retry: 5",
            b": comment",
            b":",
            b"",
            b"",
            b"foo: bar",
            b'{"a": 2}',
            b"{",
            b"}",
            b"[DONE]",
            b"\xff\xfe",
            "data: Grüße 👋".encode(),
        ]
    ),
    max_size=12,
)


def events_of(pieces: list[bytes]) -> list[ServerEvent]:
    reader = EventReader()
    return [event for piece in pieces for event in reader.feed(piece)] + reader.end()


@given(LINES, PLACES)
@example([b"data: {}", b""], [9])
def test_however_a_body_is_cut_its_events_are_the_same(
    lines: list[bytes], places: list[int]
) -> None:
    for line_end in (b"\n", b"\r\n", b"\r"):
        body = line_end.join(lines)
        assert events_of(cut(body, places)) == events_of([body])


@given(LINES)
def test_line_ends_of_all_kinds_count_the_same(lines: list[bytes]) -> None:
    unix, windows, mac = (events_of([end.join(lines)]) for end in (b"\n", b"\r\n", b"\r"))
    assert unix == windows == mac


@given(st.binary(max_size=200), PLACES)
def test_no_bytes_raise_anything(body: bytes, places: list[int]) -> None:
    assert events_of(cut(body, places)) == events_of([body])


@pytest.mark.parametrize(
    ("body", "events"),
    [
        (b"data: a\n\n", [("", "a")]),
        (b"data:a\n\ndata:  b\n\n", [("", "a"), ("", " b")]),
        (b"data: a\ndata: b\n\n", [("", "a\nb")]),
        (b"event: error\ndata: a\n\ndata: b\n\n", [("error", "a"), ("", "b")]),
        (b"event: ping\n\n", [("ping", "")]),
        (b"data:\n\ndata\n\n: hi\n\nid: 1\n\nretry: 2\n\n\n", []),
        (b"id: 1\nretry: 2\n: hi\ndata: a\nfoo: bar\n\n", [("", "a"), ("", "foo: bar")]),
        (b"\xef\xbb\xbfdata: a\n\n", [("", "a")]),
        (b"data: a", [("", "a")]),
        (
            b'data: {"a":1}\ndata: {"b":2}\ndata: [DONE]\n',
            [("", '{"a":1}'), ("", '{"b":2}'), ("", "[DONE]")],
        ),
        (b'data: {"a":\ndata: {}}\n\n', [("", '{"a":\n{}}')]),
        (b"data: \xff\n\n", [("", "\ufffd")]),
        (b'{"a":1}\n{"b":2}\n', [("", '{"a":1}'), ("", '{"b":2}')]),
        (b'{\n"a": 1\n}', [("", '{\n"a": 1\n}')]),
        (b"data: a\n\n[DONE]\n", [("", "a"), ("", "[DONE]")]),
        (b"<html>\n</html>", [("", "<html>\n</html>")]),
        (b"", []),
    ],
)
def test_events_have_a_name_and_data(body: bytes, events: list[tuple[str, str]]) -> None:
    assert [(event.name, event.data) for event in events_of([body])] == events


def test_what_came_as_an_event_is_told_from_what_did_not() -> None:
    assert [event.framed for event in events_of([b"data: a\n\n{}\nhi"])] == [True, False, False]


@pytest.mark.parametrize("line", [b"data: %b\n", b"%b\n", b"data: %b"])
def test_an_event_has_a_largest_size(line: bytes) -> None:
    reader = EventReader()
    first = list(reader.feed(b"data: a\n\n" if line.startswith(b"data") else b"x\n"))
    assert first == ([ServerEvent("", "a")] if line.startswith(b"data") else [])
    pieces = (reader.feed(line % (b"x" * (EVENT_LIMIT // 10))) for _ in range(20))
    with pytest.raises(TooLargeError):
        list(itertools.chain.from_iterable(pieces))


def test_what_came_before_an_event_that_is_too_large_is_not_lost() -> None:
    events = EventReader().feed(b"data: a\n\ndata: " + b"x" * EVENT_LIMIT + b"\n\n")
    assert next(events) == ServerEvent("", "a")
    with pytest.raises(TooLargeError):
        next(events)


def test_fields_that_nobody_knows_add_up_to_nothing() -> None:
    piece = b"time: 123456789\ndata: {}\n\n" * 1_000
    reader = EventReader()
    count = sum(1 for _ in range(100) for _ in reader.feed(piece))
    assert count == 100_000
    (rest,) = reader.end()
    assert len(rest.data) <= MOST_STRAY + 100
