"""Agents that this worker is measured beside, each runnable by itself.

``LIVEKIT_URL=… LIVEKIT_API_KEY=… LIVEKIT_API_SECRET=… OPENAI_API_KEY=… python -m
benchmarks.peers.process_lean start``. All answer text with text and take every job; they differ in
how jobs are hosted and in what their `AgentSession` carries. The plugin's LLM is as it comes.

- ``process_default``: livekit-agents as it comes, a process for each room
- ``process_lean``: the same with nothing of voice loaded
- ``thread_lean``: a thread for each room
- ``coroutine_lean``: all rooms on one event loop, by openrtc's executor
- ``json_per_token``: ``process_lean``'s hosting, but the whole text as JSON for every token
"""
