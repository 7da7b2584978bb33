"""What the processes of a benchmark said."""

from __future__ import annotations

import sys

from benchmarks.processes import listening_to
from tests.environment import environment_with
from tests.waiting import eventually

SAYS = "print('ready'); print('start 1'); print('other'); print('start 2')"


async def test_lines_are_taken_once_even_of_a_process_that_has_ended() -> None:
    with listening_to("a child", [sys.executable, "-c", SAYS], environment_with()) as child:
        child.wait_for_line("ready", 20)
        taken: list[str] = []

        def has_taken_both() -> bool:
            taken.extend(child.take_lines("start"))
            return len(taken) == 2

        await eventually(has_taken_both)
        assert taken == ["start 1\n", "start 2\n"]
        assert child.take_lines("start") == []
