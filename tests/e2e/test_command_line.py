"""`python agent.py` with each of its commands."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from livekit import api

import prompts
from tests.doubles import MODEL, FakeOpenAI, Reply, words
from tests.e2e.people import Door
from tests.e2e.programs import START_LIMIT, agent_program
from tests.tokens import MintToken, token_minter
from tests.waiting import eventually
from worker.devstack.livekit_server import LiveKitServer
from worker.devstack.ports import LOOPBACK, free_port

STORY = "".join(f"word{number} " for number in range(2_000))
SHORT_STORY = "".join(f"word{number} " for number in range(100)) + "end."
LEAVING = prompts.load("notice_shut_down")


@pytest.fixture(scope="module")
def server() -> Iterator[LiveKitServer]:
    """A server without the other tests' worker, which would join every room here too."""
    with LiveKitServer.start() as running:
        yield running


@pytest.fixture
def token(server: LiveKitServer) -> MintToken:
    return token_minter(server)


@pytest.fixture
def settings(server: LiveKitServer, fake_openai: FakeOpenAI) -> dict[str, str]:
    return {
        "LIVEKIT_URL": server.url,
        "LIVEKIT_API_KEY": server.api_key,
        "LIVEKIT_API_SECRET": server.api_secret,
        "OPENAI_BASE_URL": fake_openai.base_url,
        "CHAT_MODEL": MODEL,
        "CHAT_HEALTH_PORT": "0",
    }


@pytest.fixture
def own_door(server: LiveKitServer, token: MintToken, room_name: str) -> Door:
    return Door(server.url, token, room_name)


async def test_what_is_not_set_is_a_line_each(tmp_path: Path) -> None:
    lacking = {
        "start": ["LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET", "OPENAI_API_KEY"],
        "console": ["OPENAI_API_KEY"],
    }
    async with (
        agent_program("start", folder=tmp_path) as start,
        agent_program("console", "--text", folder=tmp_path) as console,
    ):
        for program, variables in zip((start, console), lacking.values(), strict=True):
            assert await program.ends(START_LIMIT) == 2
            await program.prints(variables[-1])
            assert [line.split()[0] for line in program.output.splitlines()] == variables


async def test_dev_chats_and_ctrl_c_completes_the_reply(
    own_door: Door, settings: dict[str, str], fake_openai: FakeOpenAI
) -> None:
    async with agent_program("dev", settings=settings) as program:
        await program.prints("registered worker")
        async with own_door.enter() as ada:
            await ada.ask("hello")
            fake_openai.script = lambda _: Reply(words(SHORT_STORY), interval=0.02)
            await ada.say("tell me")
            await eventually(lambda: len(ada.seen) > 10)
            program.signal(signal.SIGINT, group=True)
            await eventually(lambda: len(ada.answers) == 2, 10)
            assert ada.answers[1] == SHORT_STORY, "it had its grace"
            assert await program.ends() == 0
            assert "Traceback" not in program.output


async def test_a_named_agent_comes_where_it_is_dispatched_and_drains_at_sigterm(
    server: LiveKitServer,
    own_door: Door,
    settings: dict[str, str],
    fake_openai: FakeOpenAI,
) -> None:
    """While it drains, rooms go on; when it has waited long enough, replies have their grace."""
    named = {**settings, "CHAT_AGENT_NAME": "butler", "CHAT_DISPLAY_NAME": "The Butler"}
    named["CHAT_CLOSING_GRACE"] = "1"
    elsewhere = Door(server.url, own_door.token, f"{own_door.room_name}-elsewhere")
    async with agent_program("start", "--drain-timeout", "4", settings=named) as program:
        await program.prints("registered worker")
        async with elsewhere.enter("bob", wait=False) as bob:
            await dispatch(server, "butler", own_door.room_name)
            async with own_door.enter() as ada:
                await ada.ask("hello")
                assert ada.agent is not None
                assert ada.agent.name == "The Butler"
                assert bob.agent is None
                program.signal(signal.SIGTERM)
                await program.prints("draining worker", 10)
                await ada.ask("confidential")
                fake_openai.script = lambda _: Reply(words(STORY), interval=0.02)
                await ada.say("tell me")
                await eventually(lambda: len(ada.answers) == 3, 15)
                said, notice = ada.answers[2].rsplit("\n\n", 1)
                assert STORY.startswith(said)
                assert notice == LEAVING
                assert await program.ends() == 0
    for line in program.output.splitlines():
        assert "message" in json.loads(line), line
    assert "confidential" not in program.output


async def dispatch(server: LiveKitServer, agent_name: str, room_name: str) -> None:
    url = server.url.replace("ws", "http", 1)
    request = api.CreateAgentDispatchRequest(agent_name=agent_name, room=room_name)
    async with api.LiveKitAPI(url, server.api_key, server.api_secret) as lk:
        await lk.agent_dispatch.create_dispatch(request)


@pytest.mark.parametrize("source", [".env", "options"])
async def test_connect_joins_the_room_it_is_told(
    own_door: Door, settings: dict[str, str], source: str, tmp_path: Path
) -> None:
    options: list[str] = []
    variables = dict(settings)
    if source == ".env":
        lines = [f"{name}={value}\n" for name, value in settings.items()]
        (tmp_path / ".env").write_text("".join(lines), encoding="utf-8")
        variables = {}
    elif source == "options":
        for name in ("url", "api-key", "api-secret"):
            variable = f"LIVEKIT_{name.upper().replace('-', '_')}"
            options += [f"--{name}", variables.pop(variable)]
    async with (
        own_door.enter(wait=False) as ada,
        agent_program(
            "connect", "--room", own_door.room_name, *options, settings=variables, folder=tmp_path
        ) as program,
    ):
        await ada.ask("hello", limit=START_LIMIT)
        program.signal(signal.SIGINT, group=True)
        await program.ends()
        assert "Traceback" not in program.output


@pytest.mark.parametrize("key", ["Ctrl-C", "Ctrl-D"])
async def test_console_answers_without_a_room_and_ends_with_a_key(
    settings: dict[str, str], fake_openai: FakeOpenAI, key: str
) -> None:
    llm_alone = {k: v for k, v in settings.items() if not k.startswith("LIVEKIT_")}
    async with agent_program("console", "--text", settings=llm_alone) as program:
        await program.prints("Type to talk")
        await program.enter("ping")
        await program.prints("You said: ping", 30)
        answered = len(program.output)
        if key == "Ctrl-C":
            program.signal(signal.SIGINT, group=True)
        else:
            await program.press_until_it_ends("\x04")
        assert await program.ends() in (0, 130)
        for trouble in ("Traceback", "WARNING", "task still running", "DEBUG"):
            assert trouble not in program.output[answered:]


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("LIVEKIT_API_SECRET", "w" * 40, "rejected LIVEKIT_API_KEY or LIVEKIT_API_SECRET"),
        ("LIVEKIT_URL", f"ws://{LOOPBACK}:{free_port()}", "check LIVEKIT_URL"),
    ],
    ids=["wrong secret", "nobody there"],
)
async def test_connect_says_in_one_line_why_it_cannot_join(
    settings: dict[str, str], variable: str, value: str, said: str
) -> None:
    settings[variable] = value
    async with agent_program("connect", "--room", "any", settings=settings) as program:
        assert await program.ends(START_LIMIT) == 2
    assert said in program.output
    assert len(program.output.splitlines()) == 1
