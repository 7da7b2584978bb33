"""How the peers are hosted: livekit-agents' defaults, but no job is ever refused."""

import math

from livekit.agents import AgentServer, JobExecutorType


def no_load() -> float:
    """Say that there is room, always."""
    return 0.0


def make_server(executor: JobExecutorType = JobExecutorType.PROCESS) -> AgentServer:
    """Make a server that takes every job, however busy the machine, and any free health port.

    By default the framework refuses jobs by CPU load, and all but a few of a burst; a room would be
    left without its agent.
    """
    return AgentServer(
        job_executor_type=executor,
        load_fnc=no_load,
        load_threshold=math.inf,
        host="127.0.0.1",
        port=0,
    )
