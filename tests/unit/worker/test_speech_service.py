"""Which service is asked for speech, and that no other server than the LLM's sees the LLM's key."""

from __future__ import annotations

import contextlib

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.settings import Settings
from worker.speech_service import OPENAI_URL, SpeechService, speech_service

pytestmark = pytest.mark.usefixtures("empty_environment")

LOCAL = "http://127.0.0.1:8000/v1"


def service(**settings: str) -> SpeechService:
    return speech_service(Settings.model_validate(settings))


@pytest.mark.parametrize("url", [None, LOCAL])
def test_it_is_the_service_of_the_llm_by_default(url: str | None) -> None:
    chosen = {"openai_base_url": url} if url else {}
    assert service(**chosen) == SpeechService(url or OPENAI_URL, None)
    assert service(**chosen, openai_api_key="sk-1") == SpeechService(url or OPENAI_URL, "sk-1")


def test_a_key_for_speech_alone_goes_to_the_service_of_the_llm() -> None:
    keys = {"openai_api_key": "sk-llm", "openai_speech_api_key": "sk-speech"}
    assert service(**keys) == SpeechService(OPENAI_URL, "sk-speech")


def test_another_service_is_sent_its_own_key_or_none() -> None:
    chosen = {"openai_api_key": "sk-llm", "openai_speech_base_url": LOCAL}
    assert service(**chosen) == SpeechService(LOCAL, None)
    assert service(**chosen, openai_speech_api_key="sk-2") == SpeechService(LOCAL, "sk-2")


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com",
        "https://API.openai.com:443/v1/",
        "https://api.openai.com/v2?x=1",
    ],
)
def test_another_address_of_the_same_server_is_sent_the_key_of_the_llm(url: str) -> None:
    assert service(openai_api_key="sk-llm", openai_speech_base_url=url).api_key == "sk-llm"


@pytest.mark.parametrize(
    "url",
    [
        "http://api.openai.com/v1",
        "https://api.openai.com:8443/v1",
        "https://api.openai.com.example/v1",
        "https://api.openai.com@example.org/v1",
        "https://api.openai.com:port/v1",
        "api.openai.com/v1",
        "https://api.openai.com[/v1",
    ],
)
def test_what_is_another_server_or_no_url_is_sent_no_key_of_the_llm(url: str) -> None:
    assert service(openai_api_key="sk-llm", openai_speech_base_url=url).api_key is None


PIECES = st.lists(
    st.sampled_from([*"a.@:/?#\\[]%", "127.0.0.1", ":8000", "evil", "1:2", "\t"]), max_size=5
).map("".join)


@given(PIECES, PIECES)
def test_no_other_host_is_sent_it(before: str, after: str) -> None:
    url = f"http://{before}127.0.0.1:8000{after}"
    if service_at(url).api_key is not None:
        with contextlib.suppress(httpx2.InvalidURL):  # Then nothing is sent at all.
            reached = httpx2.URL(url)
            assert (reached.scheme, reached.netloc) == ("http", b"127.0.0.1:8000")


def service_at(url: str) -> SpeechService:
    llm = {"openai_base_url": LOCAL, "openai_api_key": "sk-llm"}
    return service(**llm, openai_speech_base_url=url)


def test_the_key_is_not_shown() -> None:
    assert "hidden" not in repr(service(openai_api_key="hidden"))
