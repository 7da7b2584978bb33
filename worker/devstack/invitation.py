"""How to join the room of a running stack: a token, and the text that `make dev` shows."""

import datetime

from livekit import api

from worker.devstack.paths import PROJECT, RUN
from worker.devstack.state import SHELL_FILE, StackState

TOKEN_LIFETIME = datetime.timedelta(days=1)
"""How long the printed token is valid."""

PLAYGROUND = "https://agents-playground.livekit.io"
"""The web page that people try LiveKit agents with."""


def mint_token(state: StackState, agent_name: str, identity: str = "you") -> str:
    """Return a token for the room.

    Args:
        state: The server and the room.
        agent_name: The agent to dispatch to the room; empty if agents join every new room.
        identity: The identity that it is for.
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


def invite(state: StackState, token: str, *, hears: bool = False) -> str:
    """Return the text that is shown once the agent is ready.

    Args:
        state: The server and the room.
        token: Lets a person into the room.
        hears: Whether people can also speak to it.
    """
    speaking = "\n      Turn the microphone on there to speak with it." if hears else ""
    return f"""
The agent is ready in room {state.room}. Chat with it:

  in a second terminal:  make chat
  in a browser:          {PLAYGROUND} (connect manually)
      URL    {state.url}
      Token  {token}
      Room   {state.room} (the token includes it){speaking}
  with LiveKit's tools:  source {RUN.relative_to(PROJECT) / SHELL_FILE} (in a separate terminal),
      then for example: lk room list

Ctrl-C stops everything. The agent's log follows.
"""
