"""What a person needs to get into the room: a token, and the words that say what to do with it."""

import datetime

from livekit import api

from worker.devstack.paths import PROJECT, RUN
from worker.devstack.state import SHELL_FILE, StackState

TOKEN_LIFETIME = datetime.timedelta(days=1)
"""How long the printed token lets its holder in."""

PLAYGROUND = "https://agents-playground.livekit.io"
"""The web page that people try LiveKit agents with."""


def mint_token(state: StackState, agent_name: str, identity: str = "you") -> str:
    """Return a token for the room.

    Args:
        state: The server and the room.
        agent_name: The agent to call into the room; empty where agents come by themselves.
        identity: Whom it lets in.
    """
    token = (
        api.AccessToken(state.api_key, state.api_secret)
        .with_identity(identity)
        .with_name(identity.capitalize())
        .with_ttl(TOKEN_LIFETIME)
        .with_grants(api.VideoGrants(room_join=True, room=state.room))
    )
    if agent_name:
        dispatch = api.RoomAgentDispatch(agent_name=agent_name)
        token = token.with_room_config(api.RoomConfiguration(agents=[dispatch]))
    return token.to_jwt()


def invite(state: StackState, token: str) -> str:
    """Write what is shown once the agent is ready."""
    return f"""
The agent is ready, in room {state.room}. To chat with it

  in a second terminal:  make chat
  in a browser:          {PLAYGROUND}, connecting by hand with
      URL    {state.url}
      Token  {token}
      Room   {state.room} (the token names it)
  with LiveKit's tools:  source {RUN.relative_to(PROJECT) / SHELL_FILE}, in a terminal for that alone;
      then, for example, lk room list

Ctrl-C ends everything that was started here. The agent's log follows.
"""
