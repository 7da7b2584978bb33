"""What the tests share: a real livekit-server, a fake LLM, real ears, databases, and tokens."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.doubles import FakeOpenAI
from tests.postgres import PostgresServer
from tests.speech_service import SpeechService
from tests.tokens import MintToken, token_minter
from worker.devstack.livekit_server import LiveKitServer
from worker.devstack.paths import PROJECT
from worker.store.preparation.sqlite_file import prepare_file

# Both go by the time that something takes, which depends on what else the machine does.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def livekit_server() -> Iterator[LiveKitServer]:
    """A livekit-server for all tests of a process; they keep apart by using rooms of their own."""
    with LiveKitServer.start() as server:
        yield server


@pytest.fixture
def fake_openai() -> Iterator[FakeOpenAI]:
    """An LLM that echoes, until the test gives it another `script`."""
    with FakeOpenAI() as llm:
        yield llm


@pytest.fixture(scope="session")
def speech_service() -> Iterator[SpeechService]:
    """The speech service of `make dev`, for the whole run."""
    for module in ("hibari", "moonshine_voice"):
        pytest.importorskip(module, reason="the group `speech` is not installed")
    with SpeechService.start() as service:
        yield service


@pytest.fixture(scope="session")
def token(livekit_server: LiveKitServer) -> MintToken:
    """Mints tokens for rooms on the server."""
    return token_minter(livekit_server)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL for the whole run; each test has a database of its own."""
    with PostgresServer.start() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def store_kind(request: pytest.FixtureRequest) -> str:
    """Each kind of database in turn."""
    kind: str = request.param
    return kind


@pytest.fixture
def empty_store_url(
    store_kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[str]:
    """A database without tables, as CHAT_MEMORY names it."""
    if store_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'memory.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database() as url:
        yield url


@pytest.fixture
def store_url(store_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with tables and without rows, as CHAT_MEMORY names it."""
    if store_kind == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        yield f"sqlite:///{shutil.copy(template, tmp_path / 'memory.db')}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database(request.getfixturevalue("postgres_template")) as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables, to be copied: migrations take a second."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    prepare_file(path)
    make_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> Iterator[str]:
    """The name of a database with all tables, to be copied."""
    with postgres_server.database() as url:
        make_tables(url)
        yield url.rpartition("/")[2]


def make_tables(store_url: str) -> None:
    """Migrate a database as a worker does."""
    command = [sys.executable, "-m", "worker.store.preparation.migrating"]
    done = subprocess.run(
        command, input=store_url, cwd=PROJECT, text=True, check=True, stdout=subprocess.PIPE
    )
    assert not done.stdout, done.stdout
