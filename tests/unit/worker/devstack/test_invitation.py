"""The token that lets a person into the room."""

from livekit import api

from worker.devstack.invitation import invite, mint_token
from worker.devstack.state import StackState

STATE = StackState("ws://127.0.0.1:7880", "key", "s" * 32, "dev-1")


def claims(token: str) -> api.access_token.Claims:
    return api.TokenVerifier(STATE.api_key, STATE.api_secret).verify(token)


def test_it_lets_one_identity_into_the_room_for_a_day() -> None:
    granted = claims(mint_token(STATE, agent_name=""))
    assert granted.identity == "you"
    assert granted.video is not None
    assert granted.video.room_join
    assert granted.video.room == "dev-1"


def test_it_calls_an_agent_that_has_a_name() -> None:
    granted = claims(mint_token(STATE, agent_name="helper"))
    assert granted.room_config is not None
    assert [dispatch.agent_name for dispatch in granted.room_config.agents] == ["helper"]


def test_it_calls_nobody_where_agents_come_by_themselves() -> None:
    assert not claims(mint_token(STATE, agent_name="")).room_config


def test_the_invitation_says_all_that_the_playground_asks_for() -> None:
    text = invite(STATE, "the-token")
    for word in ("make chat", STATE.url, "the-token", STATE.room, ".dev/livekit.env"):
        assert word in text
    assert STATE.api_secret not in text


def test_the_invitation_says_where_one_can_speak() -> None:
    assert "microphone" in invite(STATE, "the-token", hears=True)
    assert "microphone" not in invite(STATE, "the-token")
