"""What is new, an edit, a double, or an attempt on somebody else's message."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chat.receiving.seen import REMEMBERED, SeenMessages, Verdict

Before = Callable[[SeenMessages], None]


def nothing(_: SeenMessages) -> None:
    pass


def packet(seen: SeenMessages) -> None:
    seen.remember("ada", "1", "hi")


def unnamed_packet(seen: SeenMessages) -> None:
    seen.remember(None, "1", "hi")


def stream(seen: SeenMessages) -> None:
    seen.remember_open("ada", "1")
    seen.remember("ada", "1", "hi", by_stream=True)


def open_stream(seen: SeenMessages) -> None:
    seen.remember_open("ada", "1")


def empty_stream(seen: SeenMessages) -> None:
    seen.remember_open("ada", "1")
    seen.remember_closed("ada", "1")


@pytest.mark.parametrize(
    ("before", "sender", "text", "update", "verdict"),
    [
        (nothing, "ada", "hi", False, Verdict.NEW),
        (nothing, "ada", "hi", True, Verdict.NEW),
        (nothing, None, "hi", False, Verdict.NEW),
        (packet, "ada", "hi", False, Verdict.DUPLICATE),
        (packet, "ada", "hi", True, Verdict.DUPLICATE),
        (packet, "ada", "ho", False, Verdict.EDIT),
        (packet, "ada", "ho", True, Verdict.EDIT),
        (stream, "ada", "hi", False, Verdict.DUPLICATE),
        (stream, "ada", "ho", True, Verdict.EDIT),
        (open_stream, "ada", "whatever", False, Verdict.DUPLICATE),
        (empty_stream, "ada", "hi", False, Verdict.NEW),
        (empty_stream, "ada", "hi", True, Verdict.NEW),
        # Two people can create the same id; changing the other's message is refused.
        (packet, "eve", "ho", False, Verdict.NEW),
        (packet, "eve", "ho", True, Verdict.REFUSED),
        (packet, "eve", "hi", True, Verdict.REFUSED),
        # Somebody whom the room has not announced yet may be the author, but need not be.
        (stream, None, "hi", False, Verdict.DUPLICATE),
        (open_stream, None, "whatever", False, Verdict.DUPLICATE),
        (packet, None, "ho", True, Verdict.REFUSED),
        (packet, None, "ho", False, Verdict.NEW),
        (unnamed_packet, "ada", "hi", False, Verdict.DUPLICATE),
        (unnamed_packet, "ada", "ho", True, Verdict.EDIT),
        (unnamed_packet, None, "ho", True, Verdict.EDIT),
    ],
)
def test_judges_packets(
    before: Before, sender: str | None, text: str, update: bool, verdict: Verdict
) -> None:
    seen = SeenMessages()
    before(seen)
    assert seen.judge_packet(sender, "1", text, update=update) is verdict


@pytest.mark.parametrize(
    ("before", "sender", "revision", "by_agent", "verdict"),
    [
        (nothing, "ada", False, False, Verdict.NEW),
        (nothing, "ada", True, False, Verdict.NEW),
        (packet, "ada", False, False, Verdict.DUPLICATE),
        (unnamed_packet, "ada", False, False, Verdict.DUPLICATE),
        (packet, "ada", True, False, Verdict.EDIT),
        (packet, "ada", False, True, Verdict.EDIT),
        (stream, "ada", False, False, Verdict.ID_REUSED),
        (stream, "ada", True, False, Verdict.EDIT),
        (stream, "ada", False, True, Verdict.EDIT),
        (empty_stream, "ada", False, False, Verdict.NEW),
        (empty_stream, "ada", True, False, Verdict.NEW),
        (stream, "eve", False, False, Verdict.NEW),
        (stream, "eve", True, False, Verdict.NEW),
    ],
)
def test_judges_streams(
    before: Before, sender: str, revision: bool, by_agent: bool, verdict: Verdict
) -> None:
    seen = SeenMessages()
    before(seen)
    assert seen.judge_stream(sender, "1", revision=revision, by_agent=by_agent) is verdict


def test_a_named_author_owns_what_came_without_a_name() -> None:
    seen = SeenMessages()
    unnamed_packet(seen)
    seen.remember("ada", "1", "hi")
    assert seen.judge_packet("eve", "1", "ho", update=True) is Verdict.REFUSED


def test_the_oldest_is_forgotten_first_and_with_it_whose_it_was() -> None:
    seen = SeenMessages()
    for number in range(REMEMBERED + 1):
        seen.remember("ada", str(number), "hi")
    assert seen.judge_packet("ada", "0", "hi", update=False) is Verdict.NEW
    assert seen.judge_packet("eve", "0", "ho", update=True) is Verdict.NEW
    assert seen.judge_packet("ada", "1", "hi", update=False) is Verdict.DUPLICATE
    assert seen.judge_packet("eve", "1", "ho", update=True) is Verdict.REFUSED


def test_what_was_remembered_again_counts_as_young() -> None:
    seen = SeenMessages()
    for number in range(REMEMBERED):
        seen.remember("ada", str(number), "hi")
    seen.remember("ada", "0", "ho")
    seen.remember("ada", "new", "hi")
    assert seen.judge_packet("ada", "0", "ho", update=False) is Verdict.DUPLICATE
    assert seen.judge_packet("ada", "1", "hi", update=False) is Verdict.NEW


def test_a_deletion_counts_once_and_a_late_copy_brings_nothing_back() -> None:
    seen = SeenMessages()
    seen.remember("ada", "1", "hi")
    assert seen.judge_packet("ada", "1", "", update=True, deleted=True) is Verdict.EDIT
    seen.remember("ada", "1", "", deleted=True)
    assert seen.judge_packet("ada", "1", "", update=True, deleted=True) is Verdict.DUPLICATE
    assert seen.judge_packet("ada", "1", "hi", update=False) is Verdict.DUPLICATE


def test_forgetting_an_id_that_two_used_fails_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat.receiving.seen.REMEMBERED", 2)
    seen = SeenMessages()
    for sender in ("bob", None):
        seen.remember(sender, "17", "hi")
    for number in range(4):
        seen.remember("bob", str(number), "hi")
    assert seen.judge_packet("bob", "17", "hi", update=False) is Verdict.NEW
