"""Who is in a room, by what the server says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import test_utils, web
from livekit.protocol.models import ParticipantInfo
from livekit.protocol.room import PerformRpcRequest, PerformRpcResponse

from worker.devstack.ports import free_port
from worker.hosting import occupancy
from worker.hosting.occupancy import Occupant, find_occupant


async def find(room: str, identity: str) -> Occupant:
    async with aiohttp.ClientSession() as session:
        return await find_occupant(session, room, identity)


SILENCE = ("canceled", 408)
"""What the server says when an agent did not answer: a code and an HTTP status."""


@dataclass
class RoomService:
    """Answers as livekit-server does."""

    participant: ParticipantInfo | tuple[str, int] = ("not_found", 404)
    answers: list[tuple[str, int] | str] = field(default_factory=list)
    """What becomes of each call; a text is the agent's answer."""
    calls: list[PerformRpcRequest] = field(default_factory=list)

    async def get_participant(self, _: web.Request) -> web.Response:
        if isinstance(self.participant, tuple):
            return failure(self.participant)
        return web.Response(body=self.participant.SerializeToString())

    async def perform_rpc(self, request: web.Request) -> web.Response:
        self.calls.append(PerformRpcRequest.FromString(await request.read()))
        answer = self.answers.pop(0)
        return (
            failure(answer)
            if isinstance(answer, tuple)
            else web.Response(body=PerformRpcResponse(payload=answer).SerializeToString())
        )


def failure(answer: tuple[str, int]) -> web.Response:
    code, status = answer
    return web.json_response({"code": code, "msg": "agent-assistant"}, status=status)


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(occupancy, "CALL_LIMIT", 0.01)
    monkeypatch.setenv("LIVEKIT_API_KEY", "key")
    monkeypatch.setenv("LIVEKIT_API_SECRET", "a secret of 32 characters or more")


@pytest.fixture
async def service(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RoomService]:
    service = RoomService()
    app = web.Application()
    app.router.add_post("/twirp/livekit.RoomService/GetParticipant", service.get_participant)
    app.router.add_post("/twirp/livekit.RoomService/PerformRpc", service.perform_rpc)
    async with test_utils.TestServer(app) as server:
        monkeypatch.setenv("LIVEKIT_URL", f"ws://{server.host}:{server.port}")
        yield service


async def test_there_is_nobody_without_a_participant(service: RoomService) -> None:
    assert await find("room", "agent") is Occupant.NOBODY
    assert not service.calls


async def test_a_person_under_the_identity_is_no_agent(service: RoomService) -> None:
    service.participant = ParticipantInfo(kind=ParticipantInfo.STANDARD)
    assert await find("room", "agent") is Occupant.NOBODY


@pytest.mark.parametrize(
    ("answers", "occupant"),
    [
        ([""], Occupant.ALIVE),
        ([SILENCE, ""], Occupant.ALIVE),
        ([("internal", 500), ""], Occupant.ALIVE),
        (["leaving"], Occupant.LEAVING),
        ([("invalid_argument", 400)], Occupant.ALIVE),
        ([SILENCE] * 3, Occupant.SILENT),
        ([SILENCE, ("not_found", 404)], Occupant.NOBODY),
        ([("bad_route", 404)], Occupant.UNKNOWN),
    ],
)
async def test_an_agent_lives_if_it_answers(
    service: RoomService, answers: list[tuple[str, int] | str], occupant: Occupant
) -> None:
    service.participant = ParticipantInfo(kind=ParticipantInfo.AGENT)
    service.answers = list(answers)
    assert await find("room", "agent") is occupant
    assert not service.answers
    called = {(call.room, call.destination_identity, call.method) for call in service.calls}
    assert called == {("room", "agent", "chat.alive")}


async def test_it_is_said_why_the_server_does_not_tell_and_nothing_else(
    service: RoomService, caplog: pytest.LogCaptureFixture
) -> None:
    service.participant = ("permission_denied", 403)
    assert await find("room", "agent") is Occupant.UNKNOWN
    (record,) = caplog.records
    assert vars(record)["error"] == "permission_denied"
    assert "agent-assistant" not in str(vars(record))


async def test_a_server_that_cannot_be_reached_leaves_it_open(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("LIVEKIT_URL", f"ws://127.0.0.1:{free_port()}")
    assert await find("room", "agent") is Occupant.UNKNOWN
    assert [vars(record)["error"] for record in caplog.records] == ["ClientConnectorError"]
