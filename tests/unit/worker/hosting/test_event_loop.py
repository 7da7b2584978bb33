"""The event loops that this process makes."""

from __future__ import annotations

import asyncio
import warnings

import pytest

from worker import hosting


def test_they_are_fast_and_no_warning_of_how_they_came_to_be_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_policy = asyncio.set_event_loop_policy
    policies: list[object] = []

    def set_as_python_3_14(policy: asyncio.AbstractEventLoopPolicy) -> None:
        warnings.warn("'asyncio.set_event_loop_policy' is deprecated", DeprecationWarning, 2)
        policies.append(policy)

    with monkeypatch.context() as patched:
        patched.setattr(asyncio, "set_event_loop_policy", set_as_python_3_14)
        hosting.use_uvloop()
    assert asyncio.set_event_loop_policy is set_policy
    assert [type(policy).__module__ for policy in policies] == ["uvloop"]
