"""Sending: outgoing messages, to each participant in the packets that its client understands."""
