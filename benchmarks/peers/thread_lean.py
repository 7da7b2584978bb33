"""An agent with a thread and an event loop for each room, and nothing of voice in it."""

from livekit.agents import AgentServer, JobExecutorType, cli

from benchmarks.peers.conversation import converse_lean
from benchmarks.peers.hosting import make_server

server: AgentServer = make_server(JobExecutorType.THREAD)
server.rtc_session(converse_lean)

if __name__ == "__main__":
    cli.run_app(server)
