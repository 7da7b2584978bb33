"""An agent with a process for each room, and nothing of voice in it."""

from livekit.agents import AgentServer, cli

from benchmarks.peers.conversation import converse_lean
from benchmarks.peers.hosting import make_server

server: AgentServer = make_server()
server.rtc_session(converse_lean)

if __name__ == "__main__":
    cli.run_app(server)
