"""The fake LLM as a process of its own: ``python -m benchmarks.fake_llm``.

It prints its address as a line of JSON, and serves until it is ended. A message that
`benchmarks.scenarios` understands is answered with tokens that carry their emission time, the first
at once, each at its due time whatever became of those before. A question of `benchmarks.chaos` is
answered with its word.
"""

import asyncio
import json
import sys
import threading

import uvloop

from benchmarks.chaos.questions import INTERVAL, reply_tokens, words_asked
from benchmarks.clock import now_us
from benchmarks.scenarios import parse_request
from benchmarks.tokens import stamp
from tests.doubles import FakeOpenAI, Message, Reply, echo, last_user_text


def _stamped_token() -> str:
    return stamp(now_us())


def _answer(messages: list[Message]) -> Reply:
    asked = last_user_text(messages)
    if words := words_asked(asked):
        return Reply(reply_tokens(words), interval=INTERVAL)
    scenario = parse_request(asked)
    if scenario is None:
        return echo(messages)
    return Reply([_stamped_token] * scenario.tokens, interval=scenario.interval_us / 1e6)


def main() -> None:
    """Serve until the process is ended."""
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    with FakeOpenAI(_answer) as llm:
        sys.stdout.write(json.dumps({"base_url": llm.base_url}) + "\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
