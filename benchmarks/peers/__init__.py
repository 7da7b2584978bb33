"""Agents that this worker is measured beside, each runnable by itself.

``LIVEKIT_URL=… LIVEKIT_API_KEY=… LIVEKIT_API_SECRET=… OPENAI_API_KEY=… python -m
benchmarks.peers.roomio start``. Both are as small and as favourable to their way as they can be:
text only, nothing of voice loaded, always accepting their job. The plugin's LLM is as it comes.
"""
