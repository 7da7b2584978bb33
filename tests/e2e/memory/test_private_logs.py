"""Whatever becomes of the store in the middle of a turn, no log says what it was to keep.

Most of the time is waited until a failure is noticed: all cases share it, each with a worker of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # It has no types.
import pytest

from tests.doubles import FakeOpenAI, Reply
from tests.doubles.proxy import Proxy
from tests.e2e.memory.deployment import Deployment
from tests.e2e.people import Person
from tests.e2e.rescue.deployment import Database
from tests.e2e.rescue.fleet import Fleet
from tests.e2e.scripts import in_turn
from tests.postgres import PostgresServer
from tests.worker_process import WorkerProcess
from worker.devstack.livekit_server import LiveKitServer

IDENTITY = "identity-canary"
NAME = "Canary Carla"
ASKED = "asked-canary"
SAID = "said-canary"
CONVERSATION = "conversation-canary"
KEY = "sk-key-canary"
JWT = "eyJ"
"""How every access token begins."""

SECRETS = (IDENTITY, NAME, "Carla", ASKED, SAID, CONVERSATION, KEY, JWT)

STATEMENTS = ("INSERT INTO", "UPDATE ", "SELECT ", "[SQL", "Failing row")
"""What a database's error quotes, with the values that were to be written."""

UNKEEPABLE = f"{SAID} that no row holds"

LOCKED = "the database of CHAT_MEMORY is locked by another program; until it works again nothing is remembered"
UNREACHABLE = (
    "the database of CHAT_MEMORY cannot be reached; until it works again nothing is remembered"
)
WORKS = "the database of CHAT_MEMORY works again"
LEFT_OUT = "a row that the store cannot hold was left out"

FAILURE_LIMIT = 30.0
"""Seconds until a store that fails is noticed, or one that works again is, on a busy machine."""

ISOLATIONS = ("shared", "process")


@dataclass
class Scene:
    """Somebody who talks with an agent, what is logged of it, and the database."""

    deployment: Deployment
    database: Database
    ada: Person

    async def logs(self, message: str) -> None:
        """Wait until the worker, or the process of its room, has logged a line."""
        await asyncio.to_thread(self.deployment.worker.wait_for_log, message, FAILURE_LIMIT)

    @contextlib.asynccontextmanager
    async def half_a_reply(self, kind: str) -> AsyncIterator[None]:
        """Be in the middle of a turn. In the end the reply is completed, and read as a whole."""
        reply = Reply([f"{SAID} {kind}", " and", " more"], hold_after=1)
        self.deployment.llm.script = in_turn(reply)
        await self.ada.say(f"{ASKED} {kind}")
        await self.ada.sees(f"{SAID} {kind}")
        yield
        reply.release.set()
        await self.ada.sees(f"{SAID} {kind} and more")

    async def keeps(self, kind: str) -> None:
        """Wait until the store has such a reply as a whole."""
        await self.deployment.keeps(f"{kind} and more")

    async def loses_a_row(self, refusal: str) -> None:
        """Be answered what the database refuses, once it has a statement by which it does."""
        await self.deployment.execute(refusal)
        self.deployment.llm.script = in_turn(Reply([UNKEEPABLE]))
        await self.ada.say(f"{ASKED} refused")
        await self.ada.sees(UNKEEPABLE)
        await self.logs(LEFT_OUT)


async def a_file_is_locked_and_refuses_a_row(scene: Scene) -> None:
    with contextlib.closing(scene.database.connect()) as lock:
        async with scene.half_a_reply("locked"):
            lock.execute("BEGIN IMMEDIATE")
        await scene.logs(LOCKED)
    await scene.logs(WORKS)
    await scene.keeps("locked")
    await scene.loses_a_row(
        f"CREATE TRIGGER refusal BEFORE INSERT ON turn WHEN NEW.reply_text = '{UNKEEPABLE}' "
        f"BEGIN SELECT RAISE(ABORT, '{UNKEEPABLE} by {NAME}'); END"
    )


async def a_server_ends_and_refuses_a_row(scene: Scene, proxy: Proxy) -> None:
    async with scene.half_a_reply("ended"):
        await proxy.close()
    await scene.logs(UNREACHABLE)
    await proxy.open()
    await scene.logs(WORKS)
    await scene.keeps("ended")
    await a_server_ends_a_statement(scene)
    # Its error quotes the whole row.
    await scene.loses_a_row(
        f"ALTER TABLE turn ADD CONSTRAINT refusal CHECK (reply_text <> '{UNKEEPABLE}') NOT VALID"
    )


async def a_server_ends_a_statement(scene: Scene) -> None:
    waiting = (
        "FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    connection = await asyncpg.connect(scene.database.url)
    try:
        async with connection.transaction():
            async with scene.half_a_reply("thrown out"):
                await connection.execute("LOCK TABLE turn IN EXCLUSIVE MODE")
            async with asyncio.timeout(FAILURE_LIMIT):
                # The worker's doing, which no event here can announce.
                while not await connection.fetch(  # noqa: ASYNC110
                    f"SELECT pg_terminate_backend(pid) {waiting}"
                ):
                    await asyncio.sleep(0.05)
    finally:
        await connection.close()
    await scene.keeps("thrown out")


@dataclass
class Stage:
    """A server on which each case has a worker."""

    server: LiveKitServer
    folder: Path
    postgres: PostgresServer

    async def with_sqlite(self, isolation: str) -> WorkerProcess:
        database = Database(f"sqlite:///{self.folder / isolation}.db")
        async with self.scene(database, database.url, isolation) as scene:
            await a_file_is_locked_and_refuses_a_row(scene)
        return scene.deployment.worker

    async def with_postgres(self, isolation: str) -> WorkerProcess:
        port = self.postgres.port
        with self.postgres.database() as url:
            async with Proxy(port) as proxy:
                await proxy.open()
                memory = url.replace(f":{port}/", f":{proxy.port}/")
                database = Database(url, self.postgres)
                async with self.scene(database, memory, isolation) as scene:
                    await a_server_ends_and_refuses_a_row(scene, proxy)
        return scene.deployment.worker

    @contextlib.asynccontextmanager
    async def scene(self, database: Database, memory: str, isolation: str) -> AsyncIterator[Scene]:
        """Begin a conversation that is kept, with a worker that has ended when the context has."""
        name = f"{isolation}-{'sqlite' if database.server is None else 'postgres'}"
        settings = {
            "CHAT_AGENT_NAME": name,
            "CHAT_MEMORY": memory,
            "CHAT_ISOLATION": isolation,
            "OPENAI_API_KEY": KEY,
            "CHAT_LOG_LEVEL": "debug",
            # The native lines hold what people say, too.
            "RUST_LOG": "debug",
        }
        with FakeOpenAI() as llm, Fleet(self.server, llm.base_url, **settings) as fleet:
            worker = fleet.begin()
            await asyncio.to_thread(fleet.registered, worker)
            deployment = Deployment(self.server, llm, fleet, worker, database.url)
            async with (
                deployment.opened(name, name, CONVERSATION) as door,
                door.enter(IDENTITY, name=NAME, dialect="stream") as ada,
            ):
                await ada.ask(f"{ASKED} first")
                await deployment.keeps(f"{ASKED} first")
                yield Scene(deployment, database, ada)


@pytest.fixture(scope="module")
def outcomes(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer
) -> Iterator[dict[str, WorkerProcess | BaseException]]:
    """The worker of each case, or what went wrong, after all were run at once."""
    with LiveKitServer.start() as server:
        stage = Stage(server, tmp_path_factory.mktemp("logs"), postgres_server)
        yield asyncio.run(_run_all(stage))


async def _run_all(stage: Stage) -> dict[str, WorkerProcess | BaseException]:
    cases = {f"sqlite-{each}": stage.with_sqlite(each) for each in ISOLATIONS}
    cases |= {f"postgres-{each}": stage.with_postgres(each) for each in ISOLATIONS}
    outcomes = await asyncio.gather(*cases.values(), return_exceptions=True)
    return dict(zip(cases, outcomes, strict=True))


@pytest.mark.parametrize("isolation", ISOLATIONS)
@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_no_line_holds_what_a_store_that_fails_was_to_keep(
    outcomes: dict[str, WorkerProcess | BaseException],
    postgres_server: PostgresServer,
    store: str,
    isolation: str,
) -> None:
    outcome = outcomes[f"{store}-{isolation}"]
    if isinstance(outcome, BaseException):
        raise outcome
    assert any(record.get("level") == "DEBUG" for record in outcome.logs)
    logged = [json.dumps(record, ensure_ascii=False) for record in outcome.logs]
    for secret in (*SECRETS, *STATEMENTS, postgres_server.password):
        assert not [line for line in logged if secret in line][:5], secret
