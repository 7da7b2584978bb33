import json

from benchmarks.observation import Event, Update, observe
from benchmarks.tokens import stamp

ONE, TWO, THREE = stamp(1), stamp(2), stamp(3)


def packet(text: str) -> bytes:
    return json.dumps({"id": "m", "message": text}).encode()


def test_a_stream_brings_tails() -> None:
    seen = observe([Event(10, "s", ONE), Event(20, "s", TWO + THREE)])
    assert seen.text == ONE + TWO + THREE
    assert seen.updates == (Update(10, 1), Update(20, 3))
    assert seen.payload_bytes == 33


def test_a_token_counts_once_its_last_character_is_there() -> None:
    seen = observe([Event(10, "s", ONE[:-1]), Event(20, "s", ONE[-1])])
    assert seen.updates == (Update(10, 0), Update(20, 1))


def test_packets_bring_the_whole_text_and_count_whole() -> None:
    packets = [packet(ONE), packet(ONE + TWO)]
    seen = observe([Event(10, "", packets[0]), Event(20, "", packets[1])])
    assert seen.text == ONE + TWO
    assert seen.updates == (Update(10, 1), Update(20, 2))
    assert seen.payload_bytes == len(packets[0]) + len(packets[1])


def test_streams_do_not_mix() -> None:
    seen = observe([Event(1, "a", ONE), Event(2, "b", TWO)])
    assert seen.text == TWO


def test_bytes_are_counted_not_characters() -> None:
    assert observe([Event(1, "s", "ä")]).payload_bytes == 2


def test_nothing_seen() -> None:
    seen = observe([])
    assert (seen.text, seen.updates, seen.payload_bytes) == ("", (), 0)
