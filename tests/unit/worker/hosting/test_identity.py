"""Under which identity an agent joins."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import jwt
import pytest
from livekit import api
from livekit.agents import JobContext

from worker.hosting.identity import identity_of_job, join_as_agent

KEY, SECRET = "the worker's key", "the worker's secret, of 32 characters or more"


@pytest.fixture(autouse=True)
def worker_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVEKIT_API_KEY", KEY)
    monkeypatch.setenv("LIVEKIT_API_SECRET", SECRET)


def job_with(identity: str, claims: dict[str, Any]) -> JobContext:
    """A job as it was assigned, with a token that another key has signed."""
    token = jwt.encode(claims, "another secret, of 32 characters or more", algorithm="HS256")
    info = SimpleNamespace(token=token, accept_arguments=SimpleNamespace(identity=identity))
    return cast("JobContext", SimpleNamespace(_info=info, job=SimpleNamespace(id="AJ_1")))


def test_a_job_joins_under_the_agents_identity_with_all_that_its_token_allows() -> None:
    of_job = identity_of_job("agent", "AJ_1")
    allowed = {
        "kind": "agent",
        "name": "Ada",
        "attributes": {"lk.agent_name": "one"},
        "video": {"room": "a room", "roomJoin": True, "agent": True, "hidden": False},
        "kindDetails": ["a claim that livekit-api does not know"],
        "exp": 4_000_000_000,
    }
    job = job_with(of_job, {"sub": of_job, "iss": "another key", **allowed})
    join_as_agent(job)
    assert api.TokenVerifier(KEY, SECRET).verify(job._info.token).identity == "agent"
    claims = jwt.decode(job._info.token, SECRET, algorithms=["HS256"])
    assert claims == {"sub": "agent", "iss": KEY, **allowed}
    # A job may be run again, as after a change of the code in `dev`.
    join_as_agent(job)
    assert jwt.decode(job._info.token, SECRET, algorithms=["HS256"]) == claims


def test_a_job_that_no_server_assigned_keeps_its_token() -> None:
    job = job_with("typed-by-hand", {"sub": "typed-by-hand"})
    token = job._info.token
    join_as_agent(job)
    assert job._info.token == token
