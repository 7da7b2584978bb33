"""What becomes of the agent's voice while people speak: ``barge_in``."""
