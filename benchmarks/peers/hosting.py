"""How the peers are hosted: livekit-agents' defaults, but no job is ever refused."""

from livekit.agents import AgentServer


def _no_load() -> float:
    return 0.0


def make_server() -> AgentServer:
    """Make a server that takes every job, however busy the machine, and any free health port.

    By default the framework refuses jobs by CPU load, and a room would be left without its agent.
    """
    return AgentServer(load_fnc=_no_load, host="127.0.0.1", port=0)
