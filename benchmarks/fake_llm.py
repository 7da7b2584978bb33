"""The fake LLM as a process of its own: ``python -m benchmarks.fake_llm``.

It prints its address as a line of JSON, then one line for each request that it gets, until it is
ended. A message that `benchmarks.scenarios` understands is answered with
tokens that carry their emission time, each at its due time whatever became of those before.
"""

import json
import sys
import threading
from collections.abc import Mapping

from benchmarks.clock import now_us
from benchmarks.scenarios import parse_request
from benchmarks.tokens import stamp
from tests.doubles import FakeOpenAI, Message, Reply, echo, last_user_text


def _stamped_token() -> str:
    return stamp(now_us())


def _report(line: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _answer(messages: list[Message]) -> Reply:
    requested_us = now_us()
    scenario = parse_request(last_user_text(messages))
    if scenario is None:
        return echo(messages)
    _report({"requested_us": requested_us})
    return Reply([_stamped_token] * scenario.tokens, interval=scenario.interval_us / 1e6)


def main() -> None:
    """Serve until the process is ended."""
    with FakeOpenAI(_answer) as llm:
        _report({"base_url": llm.base_url})
        threading.Event().wait()


if __name__ == "__main__":
    main()
