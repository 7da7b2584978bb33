"""What the processes of a benchmark said."""

from __future__ import annotations

import sys

import pytest

from benchmarks.processes import ChildFailedError, listening_to
from tests.environment import environment_with

SAYS = "print('ready'); print('start 1'); print('other'); print('start 2')"


def test_lines_are_taken_once_even_of_a_process_that_has_ended() -> None:
    with listening_to("a child", [sys.executable, "-c", SAYS], environment_with()) as child:
        child.wait_for_line("ready", 20)
        child._thread.join(20)
        assert child.take_lines("start") == ["start 1\n", "start 2\n"]
        assert child.take_lines("start") == []
        with pytest.raises(ChildFailedError, match="exited"):
            child.wait_for_line("anything", 20)
