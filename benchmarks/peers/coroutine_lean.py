"""An agent with all rooms on one event loop, by openrtc's executor, and nothing of voice in it.

Only the executor is openrtc's: its own pool, routing and command line are for voice agents, and its
pool does not start without model weights from a hub. Runs in the virtual environment that
`benchmarks.openrtc_environment` makes.
"""

import asyncio
import math

import uvloop
from livekit.agents import cli
from openrtc.runtime.coroutine_server import _CoroutineAgentServer

from benchmarks.peers.conversation import converse_lean
from benchmarks.peers.hosting import no_load

# As openrtc's own command line does.
asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())

server = _CoroutineAgentServer(
    max_concurrent_sessions=1000,
    load_threshold=math.inf,
    host="127.0.0.1",
    port=0,
)
# It takes every job, as the other peers do. By its own measure a single late turn of its event loop
# makes it full, and the room that is opened in that moment would never have an agent.
server._coroutine_load_fnc = no_load
server.rtc_session(converse_lean)

if __name__ == "__main__":
    cli.run_app(server)
