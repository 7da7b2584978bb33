"""The agent's voice: replies become sentences to speak, and those become sound in its track."""
