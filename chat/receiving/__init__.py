"""Receiving: from packets and streams to messages, each once, within limits."""
