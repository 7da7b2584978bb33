"""Names on the wire that the client and the peers share."""

CHAT_TOPIC = "lk-chat-topic"
"""New messages as JSON packets, in LiveKit's first chat protocol."""

CHAT_UPDATE_TOPIC = "lk-chat-update-topic"
"""Changed messages, in the same form."""

CHAT_STREAM_TOPIC = "lk.chat"
"""Messages as text streams."""

TRANSCRIPTION_STREAM_TOPIC = "lk.transcription"
"""What the framework's own text output writes to."""

AGENT_STATE = "lk.agent.state"
"""The agent's participant attribute; ``listening`` once it can be spoken to."""
