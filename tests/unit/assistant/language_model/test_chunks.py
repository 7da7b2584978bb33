"""What the plugin makes of an answer: the same as with the SDK's own client, where that is right."""

from __future__ import annotations

import openai
import pytest
from livekit.agents import llm

from assistant.language_model.chunks import (
    GUARD,
    WITHDRAWN,
    answered_part,
    chunk,
    clean,
    take_finish_reason,
    take_progress,
    take_thought,
    unguard,
)
from assistant.language_model.client import CompletionClient
from assistant.language_model.request import ModelChoices
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
    "finish with the last text": [event(choice({"content": "Hello"}, "stop"))],
    "text after a thought": [text("<thi", "nk>hm", "m</think>", "Hi", " <", "b"), finish("stop")],
    "reasoning": [event(choice({"reasoning_content": "hmm"})), text("Hi"), finish("stop")],
    "content in parts": [
        event(choice({"content": [{"type": "text", "text": "Hi"}]})),
        finish("stop"),
    ],
    "prompt filter of Azure": [event(id="", prompt_filter_results=[]), text("Hi"), finish("stop")],
    "comments": [b": OPENROUTER PROCESSING\n\n", text("Hi"), b":\n\n", finish("stop")],
    "line ends of Windows": [text("Hi").replace(b"\n", b"\r\n"), finish("stop")],
    "unicode split by the network": [
        *(SPLIT[i : i + 1] for i in range(len(SPLIT))),
        finish("stop"),
    ],
    "usage": [text("Hi"), finish("stop"), event(usage=USAGE, service_tier="flex")],
    "usage with details": [text("Hi"), finish("stop"), event(usage={**USAGE, **DETAILS})],
    "usage with empty details": [
        text("Hi"),
        finish("stop"),
        event(usage={**USAGE, "prompt_tokens_details": None, "completion_tokens_details": {}}),
    ],
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
    "tool call with a signature": [
        calls(call(0, "{}", "a", extra_content=SIGNATURE)),
        finish("tool_calls"),
    ],
}

Sum = tuple[str, list[tuple[str, str, str, object]], list[tuple[int, int, int, int]]]


def sum_of(chunks: list[llm.ChatChunk]) -> Sum:
    """The text, the tool calls and the tokens of an answer."""
    deltas = [chunk.delta for chunk in chunks if chunk.delta is not None]
    for delta in deltas:
        unguard(delta)
    called = [call for delta in deltas for call in delta.tool_calls]
    counted = [chunk.usage for chunk in chunks if chunk.usage is not None]
    return (
        "".join(delta.content or "" for delta in deltas),
        [(call.name, call.arguments, call.call_id, call.extra) for call in called],
        [
            (u.prompt_tokens, u.completion_tokens, u.prompt_cached_tokens, u.reasoning_tokens)
            for u in counted
        ],
    )


def our_client(pieces: list[bytes]) -> CompletionClient:
    return CompletionClient(
        ModelChoices(), api_key="k", base_url="http://x/v1", http_client=serving(pieces)
    )


@pytest.mark.parametrize("done", [[DONE], []], ids=["done", "no end"])
@pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS)
async def test_the_plugin_makes_the_same_of_both(stream: list[bytes], done: list[bytes]) -> None:
    pieces = [*stream, *done]
    tools = ["tool_a", "tool_b", "tool_c"]
    stock, _ = await collect(openai.AsyncOpenAI(api_key="k", http_client=serving(pieces)), tools)
    ours, error = await collect(our_client(pieces), tools)
    assert error is None
    assert sum_of(ours) == sum_of(stock)


@pytest.mark.parametrize("reason", ["stop", "length", "content_filter"])
@pytest.mark.parametrize("delta", [{}, {"content": "Hi"}, {"extra_content": SIGNATURE}, None])
async def test_the_finish_reason_passes_the_plugin(
    delta: dict[str, object] | None, reason: str
) -> None:
    chunks, _ = await collect(our_client([event(choice(delta, reason)), DONE]))
    deltas = [chunk.delta for chunk in chunks if chunk.delta is not None]
    assert [r for delta in deltas if (r := take_finish_reason(delta))] == [reason]
    assert not [delta for delta in deltas if take_finish_reason(delta)]


async def test_each_piece_of_a_tool_call_passes_the_plugin_as_progress() -> None:
    pieces = [calls(call(0, "", "a")), calls(call(0, "{")), text("Hi"), finish("stop"), DONE]
    chunks, _ = await collect(our_client(pieces), ["tool_a"])
    deltas = [chunk.delta for chunk in chunks if chunk.delta is not None]
    assert [take_progress(delta) for delta in deltas][:3] == [True, True, False]
    assert not any(take_progress(delta) for delta in deltas)


async def test_each_piece_of_a_thought_passes_the_plugin() -> None:
    pieces = [
        event(choice({"reasoning_content": "hm"})),
        text("<think>", "hm", "</think>Hi"),
        finish("stop"),
        DONE,
    ]
    chunks, _ = await collect(our_client(pieces))
    deltas = [chunk.delta for chunk in chunks if chunk.delta is not None]
    assert [take_thought(delta) for delta in deltas] == [True, True, False]
    assert not any(take_thought(delta) for delta in deltas)


async def test_a_mark_that_is_no_thought_passes_the_plugin() -> None:
    answer = "It is written <think> and never closed."
    chunks, _ = await collect(our_client([text(*answer), finish("stop"), DONE]))
    assert sum_of(chunks)[0] == answer


def test_what_others_put_beside_the_finish_reason_stays() -> None:
    made = chunk("a", notes={**SIGNATURE, "chat.finish_reason": "stop"})
    delta = llm.ChoiceDelta(extra=made.choices[0].delta.extra_content)
    assert take_finish_reason(delta) == "stop"
    assert delta.extra == SIGNATURE


def test_a_text_has_no_characters_with_a_meaning_of_their_own() -> None:
    assert clean(f"a{GUARD}b{WITHDRAWN}c\x00d\n\te") == "abc\x00d\n\te"


def test_what_was_withdrawn_is_no_part_of_an_answer() -> None:
    assert answered_part("as it was") == "as it was"
    assert answered_part(f"hmm{WITHDRAWN}no{WITHDRAWN}the answer") == "the answer"
