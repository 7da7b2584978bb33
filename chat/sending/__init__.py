"""Sending: a message of ours on its way to everybody, in the packets each understands."""
