"""How people stop a reply: the command, and the RPC."""

from __future__ import annotations

from typing import cast

import pytest
from livekit import rtc

from assistant.arriving.commands import LONGEST_COMMAND, NOT_ALLOWED, RPC_METHOD, StopRpc, is_stop
from assistant.conversation.stop import Stop
from tests.unit.assistant.doubles import RoomDouble


@pytest.mark.parametrize("text", ["/stop", "/STOP", " /stop\n", "\t/Stop "])
def test_the_command_stops(text: str) -> None:
    assert is_stop(text)


@pytest.mark.parametrize("text", ["", "stop", "/stop now", "/stopp", "//stop", "please /stop", "/"])
def test_no_other_text_stops(text: str) -> None:
    assert not is_stop(text)


@pytest.mark.parametrize(
    "text",
    [
        "/stop.",
        "/stop!!",
        "/stop…",
        "/stop。",
        "/stop ✋",
        "／stop",
        "／ＳＴＯＰ！",
        "**/stop**",
        "`/stop`",
        "“/stop”",
        "/st\u200bop\ufe0f",
        "\u2068/stop\u2069",
        "@Nova /stop",
        "Nova, /stop!",
        "nova: /STOP",
        "@nova/stop",
        "/stop @Nova",
        "/stop Nova ✨.",
        "/stop@nova",
        "\u2068@Nova ✨\u2069 /stop",
        "＠Ｎｏｖａ　／ｓｔｏｐ",
        "@Nova /stop @Nova",
    ],
)
def test_the_command_stops_however_it_is_typed(text: str) -> None:
    assert is_stop(text, "Nova ✨ (a small model)")


@pytest.mark.parametrize(
    "text",
    [
        "what does /stop do?",
        "/stop?",
        "／stop？",
        "/stop/",
        "/stop/stop",
        "@Other /stop",
        "/stop @Other",
        "novas /stop",
        "Nova",
        "/stop" + "!" * LONGEST_COMMAND,
    ],
)
def test_what_is_said_about_the_command_does_not_stop(text: str) -> None:
    assert not is_stop(text, "Nova ✨")


@pytest.mark.parametrize("name", ["C++", "✨", ".NET", "[bot]", "Nova\u00a0Prime", "助手", "?"])
def test_the_command_may_come_with_any_name(name: str) -> None:
    assert is_stop(f"@{name} /stop", name)
    assert is_stop(f"/stop {name}", name)


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
