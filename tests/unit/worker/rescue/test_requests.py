"""Whose requests an agent obeys."""

from __future__ import annotations

import time

import jwt
import pytest
from livekit import api

from worker.rescue.requests import Purpose, read, sign

KEY = "devkey"
SECRET = "a-secret-of-the-worker-0123456789-abc"
OTHER_SECRET = "a-secret-of-somebody-else-0123456789"


@pytest.fixture(autouse=True)
def worker_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVEKIT_API_SECRET", SECRET)


def signed(secret: str = SECRET, **changes: object) -> str:
    """A request like the worker's, but for some claims; None leaves one out."""
    claims = {
        "purpose": Purpose.HAND_OVER.value,
        "subject": "job",
        "content": "",
        "exp": int(time.time()) + 60,
        **changes,
    }
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, secret, algorithm="HS256")


@pytest.mark.parametrize("content", ["", "{}", "Grüße, 你好 😀"])
def test_what_a_worker_signs_is_read(content: str) -> None:
    assert read(sign(Purpose.TAKE_OVER, "room", content), Purpose.TAKE_OVER, "room") == content


def test_what_has_the_workers_claims_is_read() -> None:
    assert read(signed(), Purpose.HAND_OVER, "job") == ""


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param("", id="empty"),
        pytest.param("let me", id="no token"),
        pytest.param(signed(OTHER_SECRET), id="forged"),
        pytest.param(
            jwt.encode({"purpose": "chat.hand_over"}, "", algorithm="none"), id="unsigned"
        ),
        pytest.param(signed(exp=int(time.time()) - 3 * 3600), id="expired"),
        pytest.param(signed(exp=None), id="valid for ever"),
        pytest.param(signed(subject="another"), id="for another job"),
        pytest.param(signed(subject=None), id="for no job"),
        pytest.param(signed(purpose=Purpose.TAKE_OVER.value), id="for another purpose"),
        pytest.param(signed(purpose=None), id="for no purpose"),
        pytest.param(signed(content=["words"]), id="with what is no text"),
        pytest.param(signed(content=None), id="without content"),
    ],
)
def test_nothing_else_is(request_: str) -> None:
    assert read(request_, Purpose.HAND_OVER, "job") is None


def test_a_token_with_which_somebody_has_joined_is_no_request() -> None:
    grants = api.VideoGrants(room_join=True, room_admin=True, room="job")
    token = api.AccessToken(KEY, SECRET).with_identity("job").with_grants(grants).to_jwt()
    assert read(token, Purpose.HAND_OVER, "job") is None


def test_a_clock_may_be_wrong_by_less_than_an_hour() -> None:
    assert read(signed(exp=int(time.time()) - 3000), Purpose.HAND_OVER, "job") == ""
