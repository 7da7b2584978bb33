"""Trying the servers that the settings name, here ones on loopback that answer as told."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from worker.devstack.checks import check_livekit, check_llm, check_speech
from worker.devstack.errors import SettingError, StackError
from worker.devstack.ports import LOOPBACK, free_port
from worker.settings import Settings


@contextmanager
def answering(status: int) -> Iterator[str]:
    """A server that answers every request with the status."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            body = b'{"object": "list", "data": [], "msg": "as told"}'
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer  # noqa: N815 - the names that the base class looks for

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer((LOOPBACK, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://{LOOPBACK}:{server.server_port}"
        server.shutdown()
        thread.join()


Given = Callable[..., Settings]


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Given:
    """Reads the settings where nothing but the named variables is set."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)

    def read(**variables: str) -> Settings:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return Settings()

    return read


def livekit_at(url: str) -> dict[str, str]:
    return {"LIVEKIT_URL": url, "LIVEKIT_API_KEY": "key", "LIVEKIT_API_SECRET": "s" * 32}


@pytest.mark.parametrize("missing", ["LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"])
def test_a_missing_part_of_the_livekit_key_is_named(given: Given, missing: str) -> None:
    with pytest.raises(SettingError, match=f"{missing} is not set"):
        check_livekit(given(**livekit_at("ws://x") | {missing: ""}))


def test_a_livekit_server_that_refuses_the_key_names_both_variables(given: Given) -> None:
    complaint = "rejected LIVEKIT_API_KEY or LIVEKIT_API_SECRET"
    with answering(401) as url, pytest.raises(SettingError, match=complaint):
        check_livekit(given(**livekit_at(url)))


def test_a_livekit_server_in_trouble_is_told_apart(given: Given) -> None:
    with answering(500) as url, pytest.raises(StackError, match=r"LIVEKIT_URL .* HTTP 500"):
        check_livekit(given(**livekit_at(url)))


@pytest.mark.parametrize(
    "url",
    [f"ws://{LOOPBACK}:{free_port()}", "ws://", "nonsense"],
    ids=["nobody there", "no host", "nonsense"],
)
def test_a_livekit_server_that_is_not_there_names_its_variable(given: Given, url: str) -> None:
    with pytest.raises(StackError, match=r"no response from .* check LIVEKIT_URL"):
        check_livekit(given(**livekit_at(url)))


def test_a_refused_llm_key_is_named(given: Given) -> None:
    with answering(401) as url, pytest.raises(SettingError, match="rejected OPENAI_API_KEY"):
        check_llm(given(OPENAI_API_KEY="sk-wrong", OPENAI_BASE_URL=url))


@pytest.mark.parametrize("status", [200, 403, 404])
def test_an_llm_that_answers_is_good_enough(given: Given, status: int) -> None:
    with answering(status) as url:
        check_llm(given(OPENAI_BASE_URL=url))


@pytest.mark.parametrize(
    "url",
    [f"http://{LOOPBACK}:{free_port()}/v1", "nonsense"],
    ids=["nobody there", "nonsense"],
)
def test_an_llm_that_is_not_there_names_its_variable(given: Given, url: str) -> None:
    with pytest.raises(StackError, match=r"no response from .* check OPENAI_BASE_URL"):
        check_llm(given(OPENAI_BASE_URL=url))


def test_a_refused_key_for_speech_is_named(given: Given) -> None:
    complaint = "rejected OPENAI_SPEECH_API_KEY"
    with answering(401) as url, pytest.raises(SettingError, match=complaint):
        check_speech(given(OPENAI_API_KEY="sk-1", OPENAI_SPEECH_BASE_URL=url))


@pytest.mark.parametrize("status", [200, 403, 404])
def test_a_service_for_speech_that_answers_is_good_enough(given: Given, status: int) -> None:
    with answering(status) as url:
        check_speech(given(OPENAI_SPEECH_BASE_URL=url))


def test_a_service_for_speech_that_is_not_there_names_its_variable(given: Given) -> None:
    url = f"http://{LOOPBACK}:{free_port()}/v1"
    with pytest.raises(StackError, match=r"no response from .* check OPENAI_SPEECH_BASE_URL"):
        check_speech(given(OPENAI_SPEECH_BASE_URL=url))


@pytest.mark.parametrize("url", ["http://host:port/v1", "http://127.0.0.1:80["])
def test_what_is_no_url_names_its_variable(given: Given, url: str) -> None:
    with pytest.raises(SettingError, match="OPENAI_SPEECH_BASE_URL is not a URL"):
        check_speech(given(OPENAI_SPEECH_BASE_URL=url))
    with pytest.raises(SettingError, match="OPENAI_BASE_URL is not a URL"):
        check_llm(given(OPENAI_BASE_URL=url))
