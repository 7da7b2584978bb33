"""The identity of an agent in its room, and the one that the server keeps for its job.

A room has one participant for each identity: LiveKit gives the place to the last who joins, and
removes the one before. A constant identity is therefore a fence. However many dispatches race, and
whatever a killed worker left in the room, one agent remains.

The server must not know the job by that identity, though. For each identity it remembers the job that
was assigned last, and ends that job when a participant with the identity goes, whoever that was
(livekit-server 1.13.11, ``rtc/room.go``, ``handleNewJobs`` and ``RemoveParticipant``). An agent that
takes the place of another would so be ended for the other's departure, and the room be left without
one. That is why a job is accepted under an identity of its own, and joins with the server's token after
the identity in it was changed.
"""

from __future__ import annotations

import os

import jwt
from livekit.agents import JobContext

from .internals import Feature, Internal

FEATURE = Feature(
    "if an agent replaces another one, both end and the room has no agent",
    (
        Internal(
            "livekit.agents.job",
            "RunningJobInfo.__init__",
            frozenset({"accept_arguments", "token"}),
        ),
        Internal("livekit.agents.job", "JobContext.__init__", touches=frozenset({"_info"})),
        Internal("livekit.agents.job", "JobContext.connect", touches=frozenset({"_info", "token"})),
    ),
)

_ALGORITHM = "HS256"
"""How LiveKit signs tokens."""


def identity_of_job(identity: str, job_id: str) -> str:
    """Return the identity under which to accept a job whose agent is to join as `identity`."""
    return identity if FEATURE.misfits else f"{identity}-{job_id}"


def identity_in_room(of_job: str, job_id: str) -> str:
    """Return the identity of an agent in its room, from that of its job."""
    return of_job if FEATURE.misfits else of_job.removesuffix(identity_of_job("", job_id))


def join_as_agent(job: JobContext) -> None:
    """Have a job join under the agent's identity. Call it before the room is connected.

    A job that no server assigned, as in ``connect``, keeps the identity that it was given.
    """
    if FEATURE.misfits:
        return
    info = job._info
    of_job = info.accept_arguments.identity
    identity = identity_in_room(of_job, job.job.id)
    if identity != of_job:
        info.token = token_for(identity, info.token)


def token_for(identity: str, token: str) -> str:
    """Return a token that lets `identity` do all that `token` allows, and for as long.

    It is signed with the worker's own key, which livekit-agents has in the environment of every job.
    """
    # It came from the server. Whether its signature is right is for the server to say, too.
    claims = jwt.decode(token, options={"verify_signature": False})
    claims |= {"sub": identity, "iss": os.environ["LIVEKIT_API_KEY"]}
    return jwt.encode(claims, os.environ["LIVEKIT_API_SECRET"], algorithm=_ALGORITHM)
