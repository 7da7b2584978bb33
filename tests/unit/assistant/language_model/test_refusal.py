"""What refusals of many services stand for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.language_model.failure import Remedy
from assistant.language_model.refusal import Refusal, failure_of

A, W, S, R, O = (  # noqa: E741 - as short as it stands in the table
    Remedy.ASK_AGAIN,
    Remedy.WAIT,
    Remedy.SHORTEN,
    Remedy.REPHRASE,
    Remedy.OPERATOR,
)


@pytest.mark.parametrize(
    ("status", "text", "cause", "remedy"),
    [
        (
            400,
            "This model's maximum context length is 4096 tokens. context_length_exceeded",
            "too long",
            S,
        ),
        (
            400,
            "the request exceeds the available context size. exceed_context_size_error",
            "too long",
            S,
        ),
        (None, "Input length (5000) exceeds model's maximum context length (4096).", "too long", S),
        (413, "", "too long", S),
        (400, "Range of input length should be [1, 30720]", "too long", S),
        (400, "prompt is too long: 210000 tokens > 200000 maximum", "too long", S),
        (
            429,
            "Request too large for m on tokens per min (TPM): Limit 30000, Requested 36000.",
            "too long",
            S,
        ),
        (
            429,
            "Requests have exceeded token rate limit of your current tier. Please retry after 6 seconds.",
            "status 429",
            W,
        ),
        (
            429,
            "Rate limit reached on tokens per min (TPM): Used 9000. Please try again in 2s",
            "status 429",
            W,
        ),
        (None, "You exceeded the tokens per minute limit", "error event", W),
        (429, "Too Many Requests", "status 429", W),
        (503, "no healthy upstream", "status 503", W),
        (529, "Overloaded", "status 529", W),
        (None, "Overloaded", "error event", W),
        (429, "You exceeded your current quota. insufficient_quota", "status 429", O),
        (402, "", "status 402", O),
        (None, "insufficient balance", "error event", O),
        (400, "The response was filtered. content_filter jailbreak", "content filter", R),
        (400, "data_inspection_failed", "content filter", R),
        (None, "Content Exists Risk", "content filter", R),
        (401, "Incorrect API key provided", "status 401", O),
        (404, "The model `m` does not exist. model_not_found", "status 404", O),
        (400, "model_not_found", "status 400", O),
        (None, "invalid_api_key", "error event", O),
        (422, "nonsense", "status 422", O),
        (500, "maximum context length", "status 500", A),
        (500, "", "status 500", A),
        (408, "", "status 408", A),
        (None, "hm", "error event", A),
    ],
)
def test_a_refusal_stands_for_a_failure_with_a_remedy(
    status: int | None, text: str, cause: str, remedy: Remedy
) -> None:
    failure = failure_of(Refusal(status, text))
    assert (failure.cause, failure.remedy) == (cause, remedy)
    assert failure.detail == text
    # Neither the line in the log nor the advice in it quotes anybody.
    assert not text or text not in f"{failure.cause} {failure.advice}"


@pytest.mark.parametrize(
    ("status", "text", "elsewhere"),
    [
        (404, "404 page not found", True),
        (405, "", True),
        (None, "Unexpected endpoint or method. (POST /chat/completions)", True),
        (404, "model 'm' not found", False),
        (400, "not found", False),
    ],
)
def test_where_no_api_is_it_is_elsewhere(status: int | None, text: str, elsewhere: bool) -> None:
    assert Refusal(status, text).is_elsewhere is elsewhere


@given(st.none() | st.integers(), st.text(max_size=80), st.none() | st.floats())
def test_any_refusal_stands_for_something(
    status: int | None, text: str, retry_after: float | None
) -> None:
    failure = failure_of(Refusal(status, text, retry_after=retry_after))
    assert failure.cause in ("too long", "content filter", "error event", f"status {status}")
