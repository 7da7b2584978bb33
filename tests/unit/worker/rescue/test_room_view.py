"""What LiveKit's lists say of a room."""

from __future__ import annotations

import pytest
from livekit.protocol.agent_dispatch import AgentDispatch
from livekit.protocol.models import ParticipantInfo

from tests.unit.worker.rescue.lists import (
    ADA,
    AGENT,
    OURS,
    PHONE,
    ROOM,
    THEIRS,
    dispatch,
    note,
    refused,
    running,
)
from worker.rescue.notes import NOTE_NAME
from worker.rescue.room_view import Agent, Finding, RoomView, find_lost

NAMED = Agent(AGENT.identity, "named", "blue")


def find(
    who: list[ParticipantInfo], *dispatches: AgentDispatch, agent: Agent = AGENT, due: bool = True
) -> Finding | None:
    return find_lost(RoomView(ROOM, tuple(who), dispatches), agent, lambda _: due)


@pytest.mark.parametrize(
    ("who", "dispatches", "promised"),
    [
        pytest.param([ADA], [dispatch(1, running())], ["AD_1"], id="its agent died"),
        pytest.param([ADA, OURS], [dispatch(1, running())], None, id="its agent is there"),
        pytest.param([], [dispatch(1, running())], None, id="nobody is there"),
        pytest.param([PHONE], [dispatch(1, running())], None, id="nobody who could type"),
        pytest.param([ADA], [], None, id="its dispatch was taken back"),
        pytest.param([ADA], [dispatch(1)], ["AD_1"], id="no worker took the dispatch"),
        pytest.param([ADA], [dispatch(1, refused())], None, id="the dispatch was refused"),
        pytest.param([ADA], [dispatch(1, running("bot"))], None, id="another's agent"),
        pytest.param([ADA, THEIRS], [dispatch(1)], None, id="another's agent took the room"),
        pytest.param([ADA, THEIRS], [dispatch(1, running())], ["AD_1"], id="beside another's"),
        pytest.param([ADA], [note(1)], ["AD_1"], id="the agent that came next died, too"),
        pytest.param(
            [ADA],
            [dispatch(3, refused()), note(2), dispatch(1, running())],
            ["AD_1", "AD_2"],
            id="several agents died",
        ),
        pytest.param(
            [ADA], [dispatch(1, running(), agent_name="else")], None, id="of another name"
        ),
        pytest.param(
            [ADA], [dispatch(1, running(), deployment="blue")], None, id="of a deployment"
        ),
        pytest.param([ADA], [note(1, agent_name="else")], None, id="note of another name"),
        pytest.param([ADA], [note(1, deployment="blue")], None, id="note of another deployment"),
    ],
)
def test_a_room_is_lost_if_people_wait_in_it_for_an_agent_of_ours(
    who: list[ParticipantInfo], dispatches: list[AgentDispatch], promised: list[str] | None
) -> None:
    found = find(who, *dispatches)
    assert (found and [want.dispatch_id for want in found.wants]) == promised


def test_a_named_worker_of_a_deployment_looks_after_its_own() -> None:
    ours = dispatch(1, running(), agent_name="named", deployment="blue", metadata="{}")
    for other in (dispatch(2, running()), dispatch(2, running(), agent_name="named")):
        assert find([ADA], other, agent=NAMED) is None
        found = find([ADA], other, ours, agent=NAMED)
        assert found is not None
        assert [(want.dispatch_id, want.job_metadata) for want in found.wants] == [("AD_1", "{}")]


def test_an_agent_that_may_be_on_its_way_is_not_missing() -> None:
    assert find([ADA], dispatch(1, running()), due=False) is None


def test_the_metadata_of_the_job_is_in_the_note() -> None:
    found = find([ADA], note(1, agent_name="named", metadata="{}", deployment="blue"), agent=NAMED)
    assert found is not None
    assert found.wants[-1].job_metadata == "{}"


@pytest.mark.parametrize("metadata", ["", "{}", "[]", "1", '{"agent_name": ""}', "no JSON"])
def test_somebody_elses_dispatch_under_the_name_of_notes_is_none(metadata: str) -> None:
    assert find([ADA], dispatch(1, agent_name=NOTE_NAME, metadata=metadata)) is None


@pytest.mark.parametrize(
    ("dispatches", "given_up"),
    [
        pytest.param([note(130, 10, 40, 70, 100, at=130)], True, id="five in two minutes"),
        pytest.param([note(131, 10, 40, 70, 100, at=131)], False, id="five in more"),
        pytest.param([note(100, 10, 40, 70)], False, id="four"),
        pytest.param([note(200, 0, 100, 130, 160, 180)], True, id="the last five"),
        pytest.param(
            [note(130, 10, 40, 70, 100), dispatch(140, running())], False, id="asked for since"
        ),
    ],
)
def test_a_room_that_ends_its_agents_is_given_up(
    dispatches: list[AgentDispatch], given_up: bool
) -> None:
    found = find([ADA], *dispatches)
    assert found is not None
    assert found.is_given_up is given_up
