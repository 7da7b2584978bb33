"""How people stop a reply: the command, and the RPC."""

from __future__ import annotations

from typing import cast

import pytest
from livekit import rtc

from assistant.arriving.commands import NOT_ALLOWED, RPC_METHOD, StopRpc, is_stop
from assistant.conversation.stop import Stop
from tests.unit.assistant.doubles import RoomDouble


@pytest.mark.parametrize("text", ["/stop", "/STOP", " /stop\n", "\t/Stop "])
def test_the_command_stops(text: str) -> None:
    assert is_stop(text)


@pytest.mark.parametrize("text", ["", "stop", "/stop now", "/stopp", "//stop", "please /stop", "/"])
def test_no_other_text_stops(text: str) -> None:
    assert not is_stop(text)


def listening(room: RoomDouble, result: Stop, callers: list[str | None]) -> StopRpc:
    def stop(identity: str | None) -> Stop:
        callers.append(identity)
        return result

    return StopRpc(cast(rtc.LocalParticipant, room), stop)


def call(payload: str) -> rtc.RpcInvocationData:
    return rtc.RpcInvocationData("1", "ada", payload, 10.0)


@pytest.mark.parametrize(("result", "said"), [(Stop.STOPPED, "stopped"), (Stop.NOTHING, "nothing")])
@pytest.mark.parametrize("payload", ["", '{"identity": "bob"}'])
async def test_the_call_stops_for_its_caller(result: Stop, said: str, payload: str) -> None:
    room, callers = RoomDouble(), list[str | None]()
    listening(room, result, callers)
    assert await room.rpc_methods[RPC_METHOD](call(payload)) == said
    assert callers == ["ada"]


async def test_who_may_not_stop_gets_an_error() -> None:
    room = RoomDouble()
    listening(room, Stop.REFUSED, [])
    with pytest.raises(rtc.RpcError) as error:
        await room.rpc_methods[RPC_METHOD](call(""))
    assert error.value.code == NOT_ALLOWED


def test_closed_it_answers_no_calls() -> None:
    room = RoomDouble()
    listening(room, Stop.STOPPED, []).close()
    assert room.rpc_methods == {}
