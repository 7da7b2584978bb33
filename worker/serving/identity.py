"""Who the agent is in its rooms."""

IDENTITY = "agent-assistant"
"""The agent's identity, the same in every room and after every restart: clients merge edits by it,
and a room has one participant with it. A dispatch into a room whose agent answers is refused; the agent
of a killed worker loses its place to the next one."""
