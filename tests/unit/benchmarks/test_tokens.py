import pytest

from benchmarks.tokens import (
    TOKEN_CHARS,
    GarbledReplyError,
    count_tokens,
    elapsed_us,
    read_stamps,
    stamp,
)


@pytest.mark.parametrize("now_us", [0, 7, 999_999_999, 1_000_000_000, 123_456_789_012])
def test_every_token_has_the_same_width_and_no_whitespace(now_us: int) -> None:
    token = stamp(now_us)
    assert len(token.encode()) == TOKEN_CHARS
    assert token == token.strip()


def test_stamps_are_read_back_in_order() -> None:
    assert read_stamps(stamp(5) + stamp(1_000_000_007)) == [5, 7]


@pytest.mark.parametrize("reply", ["[000000005", "x[000000005]", "[000000005] ", "[00000000x]"])
def test_a_garbled_reply_is_refused(reply: str) -> None:
    with pytest.raises(GarbledReplyError):
        read_stamps(reply)


@pytest.mark.parametrize(
    ("text", "count"), [("", 0), ("[00000000", 0), ("[000000001]", 1), ("[000000001][0", 1)]
)
def test_only_whole_tokens_are_counted(text: str, count: int) -> None:
    assert count_tokens(text) == count


@pytest.mark.parametrize(
    ("since", "until", "elapsed"),
    [(5, 12, 7), (999_999_990, 1_000_000_020, 30), (999_999_990, 20, 30)],
)
def test_elapsed_time_spans_the_end_of_the_cycle(since: int, until: int, elapsed: int) -> None:
    assert elapsed_us(since, until) == elapsed
