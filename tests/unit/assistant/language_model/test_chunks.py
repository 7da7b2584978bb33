"""The light decoder beside the SDK's: the plugin must not see a difference."""

from __future__ import annotations

import openai
import pytest
from livekit.agents import llm

from assistant.language_model import take_finish_reason, take_progress
from assistant.language_model.chunks import decode_chunk
from assistant.language_model.client import CompletionClient
from tests.unit.assistant.language_model.streams import (
    DONE,
    call,
    calls,
    choice,
    collect,
    event,
    finish,
    serving,
    text,
    without_ours,
)

USAGE = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
DETAILS = {
    "prompt_tokens_details": {"cached_tokens": 3, "audio_tokens": 0, "cache_write_tokens": 2},
    "completion_tokens_details": {"reasoning_tokens": 4},
}
SIGNATURE = {"google": {"thought_signature": "abc"}}
SPLIT = event(choice({"content": "Grüße 👋🏽"})).replace(
    b"Gr\\u00fc\\u00dfe \\ud83d\\udc4b\\ud83c\\udffd", "Grüße 👋🏽".encode()
)

STREAMS = {
    "text": [
        event(choice({"role": "assistant", "content": ""})),
        text("Hel", "lo"),
        finish("stop"),
    ],
    "cut": [text("Hello"), finish("length")],
    "finish with the last text": [event(choice({"content": "Hello"}, "stop"))],
    "one tool call": [
        calls(call(0, "", "a")),
        calls(call(0, '{"x":')),
        calls(call(0, "1}")),
        finish("tool_calls"),
    ],
    "parallel tool calls": [
        text("Let me see."),
        calls(call(0, "", "a")),
        calls(call(0, "{}")),
        calls(call(1, "", "b")),
        calls(call(1, '{"y":2}')),
        finish("tool_calls"),
    ],
    "parallel tool calls in one chunk": [
        calls(call(0, "{}", "a"), call(1, "{}", "b"), call(2, "{}", "c")),
        finish("stop"),
    ],
    "tool call without a function": [
        calls({"index": 0, "id": "a", "type": "custom"}),
        finish("stop"),
    ],
    "tool call with a signature": [
        calls(call(0, "{}", "a", extra_content=SIGNATURE)),
        finish("tool_calls"),
    ],
    "cut tool call": [calls(call(0, '{"x', "a")), finish("length")],
    "signature on text": [
        event(choice({"content": "Hi", "extra_content": SIGNATURE})),
        event(choice({"content": "", "extra_content": SIGNATURE}, "stop")),
    ],
    "usage": [text("Hi"), finish("stop"), event(usage=USAGE, service_tier="flex")],
    "usage with details": [text("Hi"), finish("stop"), event(usage={**USAGE, **DETAILS})],
    "usage with empty details": [
        event(usage={**USAGE, "prompt_tokens_details": None, "completion_tokens_details": {}})
    ],
    "usage in every chunk": [event(choice({"content": "Hi"}), usage=USAGE), finish("stop")],
    "no usage": [event(choice({"content": "Hi"}), usage=None), finish("stop")],
    "null delta": [event(choice(None)), text("Hi"), event(choice(None))],
    "null delta at the end": [text("Hi"), event(choice(None, "content_filter"))],
    "prompt filter of Azure": [event(id="", prompt_filter_results=[]), text("Hi"), finish("stop")],
    "thinking tags": [text("<thi", "nk>hm", "m</think>", "Hi", " <", "b"), finish("stop")],
    "reasoning": [event(choice({"reasoning_content": "hmm"})), text("Hi"), finish("stop")],
    "content in parts": [
        event(choice({"content": [{"type": "text", "text": "Hi"}]})),
        finish("stop"),
    ],
    "refusal": [event(choice({"content": None, "refusal": "no"})), finish("stop")],
    "comments": [b": OPENROUTER PROCESSING\n\n", text("Hi"), b":\n\n", finish("stop")],
    "two choices": [event(choice({"content": "a"}), choice({"content": "b"})), finish("stop")],
    "line ends of Windows": [text("Hi").replace(b"\n", b"\r\n"), finish("stop")],
    "unicode split by the network": [SPLIT[i : i + 1] for i in range(len(SPLIT))],
    "error before text": [event(error={"message": "overloaded", "code": 529})],
    "error after text": [text("Hi"), b'data: {"error": {"message": "out of memory"}}\n\n'],
    "error without a message": [b'event: error\ndata: {"error": "?"}\n\n'],
    "no JSON": [text("Hi"), b"data: oops\n\n"],
    "nothing": [],
}


@pytest.mark.parametrize("done", [[DONE], []], ids=["done", "no end"])
@pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS)
async def test_the_plugin_makes_the_same_of_both(stream: list[bytes], done: list[bytes]) -> None:
    pieces = [*stream, *done]
    stock = await collect(openai.AsyncOpenAI(api_key="k", http_client=serving(pieces)))
    chunks, error = await collect(CompletionClient(api_key="k", http_client=serving(pieces)))
    assert (without_ours(chunks), error) == stock


@pytest.mark.parametrize("reason", ["stop", "length", "content_filter", "tool_calls"])
@pytest.mark.parametrize("delta", [{}, {"content": "Hi"}, {"extra_content": SIGNATURE}, None])
async def test_the_finish_reason_passes_the_plugin(
    delta: dict[str, object] | None, reason: str
) -> None:
    pieces = [event(choice(delta, reason)), DONE]
    chunks, _ = await collect(CompletionClient(api_key="k", http_client=serving(pieces)))
    deltas = [chunk.delta for chunk in chunks if chunk.delta is not None]
    assert [take_finish_reason(delta) for delta in deltas] == [reason]
    assert [take_finish_reason(delta) for delta in deltas] == [None]


async def test_each_piece_of_a_tool_call_passes_the_plugin_as_progress() -> None:
    pieces = [calls(call(0, "", "a")), calls(call(0, "{")), text("Hi"), finish("stop"), DONE]
    chunks, _ = await collect(CompletionClient(api_key="k", http_client=serving(pieces)))
    deltas = [chunk.delta for chunk in chunks if chunk.delta is not None]
    assert [take_progress(delta) for delta in deltas] == [True, True, False, False]
    assert not any(take_progress(delta) for delta in deltas)


def test_what_others_put_beside_the_finish_reason_stays() -> None:
    chunk = decode_chunk(
        {"choices": [{"delta": {"extra_content": SIGNATURE}, "finish_reason": "stop"}]}
    )
    delta = llm.ChoiceDelta(extra=chunk.choices[0].delta.extra_content)
    assert take_finish_reason(delta) == "stop"
    assert delta.extra == SIGNATURE


def test_nulls_that_the_sdk_fails_at_are_nothing() -> None:
    chunk = decode_chunk({"id": None, "choices": None, "usage": None})
    assert (chunk.id, chunk.choices, chunk.usage) == ("", [], None)


@pytest.mark.parametrize("data", [None, 3, "text", ["list"]])
def test_a_chunk_that_is_no_object_is_refused(data: object) -> None:
    with pytest.raises(TypeError, match="must be an object"):
        decode_chunk(data)
