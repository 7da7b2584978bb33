"""livekit-agents as it comes: a process for each room, and the default `AgentSession`."""

from livekit.agents import AgentServer, cli

from benchmarks.peers.conversation import converse_as_default
from benchmarks.peers.hosting import make_server

server: AgentServer = make_server()
server.rtc_session(converse_as_default)

if __name__ == "__main__":
    cli.run_app(server)
